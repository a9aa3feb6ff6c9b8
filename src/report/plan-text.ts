// A plan as text for a terminal: the verdict first, then how it came about, the types compared, the warnings.
import { formatUsd, usd } from '../planner/money.ts';
import type { Plan, Warning } from '../planner/plan-types.ts';
import { PROVENANCES } from '../planner/provenance.ts';
import { sloName } from '../planner/slo.ts';
import { formatCount, formatDuration, formatRate } from '../units.ts';
import { alternativeLines } from './alternatives-text.ts';
import { ceilingLines, growthLine } from './ceiling-text.ts';
import { certaintyText } from './certainty-text.ts';
import { dayText } from './day-text.ts';
import {
  checkTable,
  growthTable,
  ladderTable,
  ROOMY,
  rehearsalTable,
  sensitivityTable,
  sweepTable,
  typeTable,
} from './plan-text-tables.ts';
import { rehearsalLines } from './rehearsal-text.ts';
import { wrap } from './wrap.ts';

export interface TextStyle {
  /** Width of the terminal; plans are laid out for 60 to 110 columns. */
  readonly columns: number;
  readonly bold: (text: string) => string;
}

const MIN_COLUMNS = 60;
const MAX_COLUMNS = 110;

/** The whole plan, ending in a newline. */
export function planText(plan: Plan, style: TextStyle): string {
  const columns = Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, style.columns));
  const { certainty, checks, day, growth, types, warnings } = plan;
  /** A heading in bold, words after it, and what stands below. */
  const section = (title: string, words: string, content: string): string => {
    const heading = wrap(`${title} ${words}`.trimEnd(), columns);
    return `${style.bold(heading.slice(0, title.length))}${heading.slice(title.length)}\n${content}`;
  };
  const ceilings = ceilingLines(plan).map((line) => `\n${wrap(line, columns, '  ')}`);
  const alternatives = alternativeLines(plan).map((line) => wrap(line, columns, '  '));
  const sections = [
    `${style.bold(wrap(verdictLine(plan), columns))}\n${wrap(originLine(plan), columns)}`,
    section(
      'How',
      `(${PROVENANCES.join(', ')}: the weakest input decides)`,
      ladderTable(plan.ladder, columns),
    ),
    section('Types', 'at equal objectives, per month of 730 h', typeTable(plan, columns)),
    ...(certainty === null ? [] : [section('How sure', '', certaintyText(certainty, columns))]),
    section(
      'What would have to be wrong',
      'for this fleet to fail, one input at a time',
      sensitivityTable(plan, columns),
    ),
    section(
      'Other volumes',
      `(rows, per day) and peaks (columns): ${swept(columns)}`,
      sweepTable(plan, columns),
    ),
    ...(day === null ? [] : [section('Over the day', 'of the curve', dayText(day, columns))]),
    ...(alternatives.length === 0 ? [] : [section('Otherwise', '', alternatives.join('\n'))]),
    ...(growth.length === 0
      ? []
      : [
          section(
            'Growth',
            'of the volume, year by year',
            `${wrap(growthLine(plan), columns, '  ')}\n${growthTable(plan, columns)}${ceilings.join('')}`,
          ),
        ]),
    ...(checks.length === 0
      ? []
      : [
          section(
            'Checked three ways',
            `with ${types[0]?.needed ?? 0} up, at the peak`,
            checkTable(checks, columns),
          ),
        ]),
    ...(plan.rehearsal.length === 0
      ? []
      : [
          section(
            'Rehearsed',
            '',
            [
              ...rehearsalLines(plan).map((line) => wrap(line, columns, '  ')),
              rehearsalTable(plan.rehearsal, columns),
            ].join('\n'),
          ),
        ]),
    ...(warnings.length === 0
      ? []
      : [
          section(
            'Before you believe it',
            '',
            warnings.map((entry) => warningText(entry, columns)).join('\n'),
          ),
        ]),
  ];
  return `${sections.join('\n\n').replaceAll(/ +$/gmu, '')}\n`;
}

/** Narrow windows have no room for the cost. */
function swept(columns: number): string {
  return columns < ROOMY ? 'instances' : 'instances and cost per month';
}

function verdictLine({ verdict, slos }: Plan): string {
  const { status, instances, type, predictions, peakPerSecond, usdPerMonth, usdPerMillion } = verdict;
  const goals = predictions.filter(({ limitMs }) => limitMs !== null);
  const shown = goals.length > 0 ? goals : predictions.filter(({ p }) => p === 0.99);
  const objectives = shown.map((entry) => {
    const found = entry.valueMs === null ? 'n/a' : formatDuration(entry.valueMs);
    return `${sloName(entry)} ${found}${entry.limitMs === null ? '' : ` of ${formatDuration(entry.limitMs)}`}`;
  });
  const words = status === 'met' ? (slos.length > 0 ? 'MET' : 'PLAN') : 'OVER BUDGET';
  const parts = [
    `${words}  ${formatCount(instances)} x ${type}`,
    ...objectives,
    `${formatRate(peakPerSecond)} peak`,
    `${formatUsd(usd(usdPerMonth))}/month`,
    `${formatUsd(usd(usdPerMillion), usdPerMillion < 0.1 ? 4 : 2)}/M`,
  ];
  return parts.join(' · ');
}

function originLine({ inputs, queue }: Plan): string {
  const cpu = inputs['cpuPerExecution'];
  const prices = inputs['catalogue'];
  return `From ${cpu?.source ?? '?'} (${cpu?.provenance ?? '?'}); ${prices?.source ?? '?'}; ${queue} queue.`;
}

function warningText({ id, severity, evidence, fix }: Warning, columns: number): string {
  const word = severity === 'info' ? 'note' : severity;
  return wrap(`${word} ${id}: ${evidence}. Remedy: ${fix}.`, columns, '  ');
}
