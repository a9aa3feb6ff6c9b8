// A plan as text for a terminal: the verdict first, then how it came about, the types compared, the warnings.
import Table from 'cli-table3';
import { formatUsd, usd } from '../planner/money.ts';
import type { Plan, Prediction, ThreeCheck, TypePlan, Warning } from '../planner/plan-types.ts';
import { PROVENANCES, type Step } from '../planner/provenance.ts';
import { sloName } from '../planner/slo.ts';
import { formatCount, formatDuration, formatRate } from '../units.ts';
import { alternativeLines } from './alternatives-text.ts';
import { BARE } from './bare-table.ts';
import { ceilingLines } from './ceiling-text.ts';
import { certaintyText } from './certainty-text.ts';
import { dayText } from './day-text.ts';
import { wrap } from './wrap.ts';

export interface TextStyle {
  /** Width of the terminal; narrower than 80 is taken as 80. */
  readonly columns: number;
  readonly bold: (text: string) => string;
}

const MIN_COLUMNS = 80;
const MAX_COLUMNS = 110;
/** Other types are many; the cheapest tell enough. */
const TYPES_SHOWN = 8;

/** The whole plan, ending in a newline. */
export function planText(plan: Plan, style: TextStyle): string {
  const columns = Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, style.columns));
  const sections = [
    `${style.bold(wrap(verdictLine(plan), columns))}\n${wrap(originLine(plan), columns)}`,
    `${style.bold('How')}  (${PROVENANCES.join(', ')}: the weakest input decides)\n${ladderTable(plan.ladder, columns)}`,
    `${style.bold('Types')} at equal objectives, per month of 730 h\n${typeTable(plan)}`,
    ...(plan.certainty === null
      ? []
      : [`${style.bold('How sure')}\n${certaintyText(plan.certainty, columns)}`]),
    `${style.bold('What would have to be wrong')} for this fleet to fail, one input at a time\n${sensitivityTable(plan)}`,
    `${style.bold('Other volumes')} (rows, per day) and peaks (columns): instances and cost per month\n${sweepTable(plan)}`,
    ...(plan.day === null
      ? []
      : [`${style.bold('Over the day')} of the curve\n${dayText(plan.day, columns)}`]),
    ...(alternativeLines(plan).length === 0
      ? []
      : [
          `${style.bold('Otherwise')}\n${alternativeLines(plan)
            .map((line) => wrap(line, columns, '  '))
            .join('\n')}`,
        ]),
    ...(plan.growth.length === 0
      ? []
      : [
          `${style.bold('Growth')} of the volume, year by year\n${growthTable(plan)}${ceilingText(plan, columns)}`,
        ]),
    ...(plan.checks.length === 0
      ? []
      : [
          `${style.bold('Checked three ways')} with ${plan.types[0]?.needed ?? 0} up, at the peak\n${checkTable(plan.checks)}`,
        ]),
    ...(plan.warnings.length === 0
      ? []
      : [
          `${style.bold('Before you believe it')}\n${plan.warnings.map((entry) => warningText(entry, columns)).join('\n')}`,
        ]),
  ];
  return `${sections.join('\n\n')}\n`;
}

function verdictLine({ verdict, slos }: Plan): string {
  const { status, instances, type, predictions, peakPerSecond, usdPerMonth, usdPerMillion } = verdict;
  const goals = predictions.filter(({ limitMs }) => limitMs !== null);
  const shown = goals.length > 0 ? goals : predictions.filter(({ p }) => p === 0.99);
  const objectives = shown.map(
    (entry) =>
      `${sloName(entry)} ${time(entry.valueMs)}${entry.limitMs === null ? '' : ` of ${formatDuration(entry.limitMs)}`}`,
  );
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

function ladderTable(steps: readonly Step[], columns: number): string {
  const [title, value, origin] = [26, 19, 10];
  const how = columns - title - value - origin;
  const table = bareTable([title, how, value, origin], ['left', 'left', 'right', 'left']);
  for (const step of steps)
    table.push([
      step.title,
      wrap(`${step.formula}: ${step.inputs}`, how - 1),
      `${amount(step)} `,
      step.provenance,
    ]);
  return table.toString();
}

function amount({ value, unit }: Step): string {
  const number = formatCount(value, value !== 0 && Math.abs(value) < 1 ? 5 : Math.abs(value) < 100 ? 3 : 2);
  if (unit === 'USD') return formatUsd(usd(value), value < 0.1 ? 4 : 2);
  if (unit === '/s') return `${number}/s`;
  return `${number} ${unit}`;
}

function typeTable(plan: Plan): string {
  const heads = ['type', 'vCPU', 'N', 'busy', 'p50', 'p99', '$/month', '$/M', ''];
  const table = bareTable(
    [13, 5, 6, 6, 9, 9, 12, 9, 11],
    ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
  );
  table.push(heads);
  for (const [index, type] of plan.types.slice(0, TYPES_SHOWN).entries())
    table.push(typeRow(type, index === 0));
  const hidden = plan.types.length - TYPES_SHOWN;
  const more = hidden > 0 ? [`and ${hidden} more with --json`] : [];
  const legend = notesLegend(plan.types.slice(0, TYPES_SHOWN));
  return [table.toString(), ...legend, ...more].join('\n');
}

function sensitivityTable({ sensitivity, types }: Plan): string {
  const [chosen] = types;
  const table = bareTable([18, 22, 13, 13, 14], ['left', 'left', 'right', 'right', 'right']);
  table.push([
    'may be higher by',
    '',
    `${chosen?.instances ?? 0} up`,
    `${chosen?.needed ?? 0} up`,
    'N at ±25 %',
  ]);
  for (const {
    mayGrowBy,
    mayGrowByDegraded,
    name,
    neededIfLess,
    neededIfMore,
    provenance,
    unit,
    value,
  } of sensitivity)
    table.push([
      name,
      `${formatCount(value, value < 1 ? 4 : 2)} ${unit}, ${provenance}`,
      factor(mayGrowBy),
      factor(mayGrowByDegraded),
      `${neededIfLess ?? 'none'} to ${neededIfMore ?? 'none'}`,
    ]);
  return table.toString();
}

function factor(value: number | null): string {
  return value === null ? 'any' : `x ${formatCount(value)}`;
}

function sweepTable({ sweep }: Plan): string {
  const peaks = [...new Set(sweep.map(({ peak }) => peak))];
  const volumes = [...new Set(sweep.map(({ perDay }) => perDay))];
  const table = bareTable([14, ...peaks.map(() => 13)], ['right', ...peaks.map(() => 'right' as const)]);
  table.push(['', ...peaks.map((peak) => `x ${peak}`)]);
  for (const volume of volumes)
    table.push([
      formatCount(volume),
      ...sweep
        .filter(({ perDay }) => perDay === volume)
        .map(({ instances, usdPerMonth }) =>
          instances === null || usdPerMonth === null
            ? 'none'
            : `${formatCount(instances)} ${formatUsd(usd(usdPerMonth), 0)}`,
        ),
    ]);
  return table.toString();
}

function growthTable({ growth }: Plan): string {
  const table = bareTable([6, 18, 14, 11, 14], ['right', 'right', 'right', 'right', 'right']);
  table.push(['year', 'per day', 'peak', 'instances', '$/month']);
  for (const { instances, peakPerSecond, perDay, usdPerMonth, year } of growth)
    table.push([
      String(year),
      formatCount(perDay, 0),
      formatRate(peakPerSecond),
      instances === null ? 'none' : formatCount(instances),
      usdPerMonth === null ? 'none' : formatUsd(usd(usdPerMonth)),
    ]);
  return table.toString();
}

function ceilingText(plan: Plan, columns: number): string {
  return ceilingLines(plan)
    .map((line) => `\n${wrap(line, columns, '  ')}`)
    .join('');
}

function checkTable(checks: readonly ThreeCheck[]): string {
  const table = bareTable([16, 12, 12, 26, 14], ['left', 'right', 'right', 'right', 'right']);
  table.push(['', 'M/M/c', 'M/G/c', 'simulated (95 %)', '']);
  for (const { agrees, approximationMs, closedFormMs, difference, name, simulatedMs: sim } of checks) {
    const apart = `${difference < 0 ? '-' : '+'}${Math.abs(difference * 100).toFixed(1)} %`;
    table.push([
      name,
      formatDuration(closedFormMs),
      formatDuration(approximationMs),
      `${formatDuration(sim.value)} ± ${formatDuration(sim.high - sim.value)}`,
      agrees ? 'agree' : `differ ${apart}`,
    ]);
  }
  return table.toString();
}

const NOTE: Readonly<Record<TypePlan['doubts'][number], string>> = {
  burstable: 'b',
  'other architecture': 'a',
  'more vCPUs than twice the tested': 'v',
  'too little memory': 'm',
};

function typeRow(type: TypePlan, isChosen: boolean): string[] {
  const marks = type.doubts.map((doubt) => NOTE[doubt]).join('');
  return [
    type.type,
    formatCount(type.vcpu),
    formatCount(type.instances),
    `${Math.round(type.utilisationPeak * 100)} %`,
    at(type.predictions, 0.5),
    at(type.predictions, 0.99),
    formatUsd(usd(type.usdPerMonth)),
    formatUsd(usd(type.usdPerMillion), type.usdPerMillion < 0.1 ? 4 : 2),
    ` ${type.isPareto ? '*' : ' '} ${isChosen ? 'chosen ' : ''}${marks}`,
  ];
}

function notesLegend(types: readonly TypePlan[]): string[] {
  const seen = Object.entries(NOTE).filter(([doubt]) =>
    types.some(({ doubts }) => doubts.some((d) => d === doubt)),
  );
  return [
    ['* no other of its kind is cheaper and faster', ...seen.map(([doubt, mark]) => `${mark} ${doubt}`)].join(
      ', ',
    ),
  ];
}

function at(predictions: readonly Prediction[], p: number): string {
  return time(predictions.find((entry) => entry.metric === 'response' && entry.p === p)?.valueMs ?? null);
}

function time(ms: number | null): string {
  return ms === null ? 'n/a' : formatDuration(ms);
}

function warningText({ id, severity, evidence, fix }: Warning, columns: number): string {
  return wrap(
    `${severity === 'info' ? 'note' : severity} ${id}: ${evidence}. Remedy: ${fix}.`,
    columns,
    '  ',
  );
}

function bareTable(colWidths: number[], colAligns: ('left' | 'right')[]): Table.Table {
  return new Table({
    ...BARE,
    colWidths,
    colAligns,
    wordWrap: true,
  });
}
