// A published guide's tables as text for a terminal: its own figures and the computed ones, marked apart in the second line.
import type { PublishedPlan } from '../planner/check/facts.ts';
import type { Cell, ProfileTable } from '../planner/profiles/profile-table.ts';
import type { TextStyle } from './plan-text.ts';
import { wrap } from './wrap.ts';

const MARK = { input: '', published: 'guide', computed: 'ours' } as const;
const GAP = 2;
const MIN_COLUMNS = 40;
const MAX_COLUMNS = 110;

/** The whole answer, ending in a newline. */
export function profileText(plan: PublishedPlan, tables: readonly ProfileTable[], style: TextStyle): string {
  const columns = Math.max(MIN_COLUMNS, Math.min(MAX_COLUMNS, style.columns));
  const head = wrap(
    `PROFILE  ${plan.name}: ${tables.length} tables, published figures next to what the formulas give`,
    columns,
  );
  const legend =
    'Columns marked "guide" hold its published figures, which are claims of their publisher; "ours" are computed.';
  const sections = tables.map(
    (table) =>
      `${style.bold(wrap(table.title, columns))}\n${wrap(table.formula, columns)}\n${tableText(table, columns)}`,
  );
  const opening = `${style.bold(head)}\n${wrap(`From ${plan.source}. ${legend}`, columns)}`;
  return `${[opening, ...sections].join('\n\n')}\n`;
}

interface TextColumn {
  /** Heading lines, last line next to the cells. */
  readonly head: readonly string[];
  readonly mark: string;
  readonly cells: readonly string[];
  readonly isLeft: boolean;
  readonly width: number;
}

/** In one line of headings where that fits, else in several, else each row as a block of its own. */
function tableText(table: ProfileTable, columns: number): string {
  const roomy = layout(table, (name) => [name]);
  if (widthOf(roomy) <= columns) return lines(roomy);
  const tight = layout(table, narrowHead);
  return widthOf(tight) <= columns ? lines(tight) : blocks(table, columns);
}

function layout(
  { columns, rows }: ProfileTable,
  headOf: (name: string, room: number) => readonly string[],
): TextColumn[] {
  return columns.map(({ name, origin }, index) => {
    const cells = rows.map((row) => cellText(row[index] ?? null));
    const mark = MARK[origin];
    const head = headOf(name, Math.max(mark.length, ...cells.map(({ length }) => length)));
    const width = Math.max(
      mark.length,
      ...head.map(({ length }) => length),
      ...cells.map(({ length }) => length),
    );
    return { head, mark, cells, isLeft: index === 0 && origin === 'input', width };
  });
}

/** A heading no wider than its cells, where its words allow it. */
function narrowHead(name: string, room: number): readonly string[] {
  return wrap(name, room).split('\n');
}

function widthOf(columns: readonly TextColumn[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP, -GAP);
}

function lines(columns: readonly TextColumn[]): string {
  const height = Math.max(...columns.map(({ head }) => head.length));
  const line = (textOf: (column: TextColumn) => string): string =>
    columns
      .map((column) => {
        const text = textOf(column);
        return column.isLeft ? text.padEnd(column.width) : text.padStart(column.width);
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  const heads = Array.from({ length: height }, (_, index) =>
    line(({ head }) => head[index - height + head.length] ?? ''),
  );
  const count = columns[0]?.cells.length ?? 0;
  const rows = Array.from({ length: count }, (_, index) => line(({ cells }) => cells[index] ?? ''));
  return [...heads, line(({ mark }) => mark), ...rows].join('\n');
}

/** For windows that the table does not fit into. */
function blocks({ columns, rows }: ProfileTable, room: number): string {
  return rows
    .map((row) => {
      const [first, ...rest] = row.map((cell, index) => {
        const { name = '', origin = 'input' } = columns[index] ?? {};
        return { name, mark: MARK[origin], text: cellText(cell) };
      });
      const fields = rest.map(({ mark, name, text }) => `${name} ${text}${mark === '' ? '' : ` (${mark})`}`);
      return wrap(`${first?.name ?? ''} ${first?.text ?? ''}: ${fields.join(', ')}`, room, '  ');
    })
    .join('\n');
}

/** Numbers with four significant digits below 1,000 and whole ones above. */
function cellText(cell: Cell): string {
  if (cell === null) return '-';
  if (typeof cell === 'string') return cell;
  if (Math.abs(cell) >= 1_000) return cell.toLocaleString('en-US', { maximumFractionDigits: 0 });
  return cell.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}
