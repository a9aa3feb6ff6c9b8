// A published guide's tables as text for a terminal: its own figures and the computed ones, marked apart in the second line.
import Table from 'cli-table3';
import type { PublishedPlan } from '../planner/check/facts.ts';
import type { Cell, ProfileTable } from '../planner/profiles/profile-table.ts';
import { BARE } from './bare-table.ts';
import type { TextStyle } from './plan-text.ts';
import { wrap } from './wrap.ts';

const MARK = { input: '', published: 'published', computed: 'computed' } as const;

/** The whole answer, ending in a newline. */
export function profileText(plan: PublishedPlan, tables: readonly ProfileTable[], style: TextStyle): string {
  const width = Math.max(80, Math.min(110, style.columns));
  const head = wrap(
    `PROFILE  ${plan.name}: ${tables.length} tables, published figures next to what the formulas give`,
    width,
  );
  const sections = tables.map(
    (table) => `${style.bold(table.title)}\n${wrap(table.formula, width)}\n${tableText(table)}`,
  );
  return `${[`${style.bold(head)}\n${wrap(`From ${plan.source}. Published figures are claims of their publisher.`, width)}`, ...sections].join('\n\n')}\n`;
}

function tableText({ columns, rows }: ProfileTable): string {
  const table = new Table({
    ...BARE,
    style: { ...BARE.style, 'padding-right': 2 },
    colAligns: columns.map(({ origin }, index) => (index === 0 && origin === 'input' ? 'left' : 'right')),
  });
  table.push(
    columns.map(({ name }) => name),
    columns.map(({ origin }) => MARK[origin]),
    ...rows.map((row) => row.map(cellText)),
  );
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Numbers with four significant digits below 1,000 and whole ones above. */
function cellText(cell: Cell): string {
  if (cell === null) return '-';
  if (typeof cell === 'string') return cell;
  if (Math.abs(cell) >= 1_000) return cell.toLocaleString('en-US', { maximumFractionDigits: 0 });
  return cell.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}
