// The tables of a plan for a terminal. Below 80 columns each keeps what is read first; `--json`, `--md` and `--html` have all.
import Table from 'cli-table3';
import { formatUsd, usd } from '../planner/money.ts';
import type { Plan, Prediction, ThreeCheck, TypePlan } from '../planner/plan-types.ts';
import type { Step } from '../planner/provenance.ts';
import type { Rehearsal } from '../planner/rehearsal.ts';
import { formatCount, formatDuration, formatRate } from '../units.ts';
import { BARE } from './bare-table.ts';
import { agreement, missed } from './rehearsal-text.ts';
import { wrap } from './wrap.ts';

/** Other types are many; the cheapest tell enough. */
const TYPES_SHOWN = 8;
/** Tables of this width and wider have all their columns. */
export const ROOMY = 80;

export function ladderTable(steps: readonly Step[], columns: number): string {
  if (columns < ROOMY) return steps.map((step) => ladderLines(step, columns)).join('\n');
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

/** The number first, what it came from below it. */
function ladderLines(step: Step, columns: number): string {
  const [value, origin] = [20, 10];
  const title = step.title.padEnd(columns - value - origin - 1);
  const how = wrap(`${step.formula}: ${step.inputs}`, columns - 2, '  ').replaceAll('\n', '\n  ');
  return `${title}${amount(step).padStart(value)} ${step.provenance}\n  ${how}`;
}

function amount({ value, unit }: Step): string {
  const number = formatCount(value, value !== 0 && Math.abs(value) < 1 ? 5 : Math.abs(value) < 100 ? 3 : 2);
  if (unit === 'USD') return formatUsd(usd(value), value < 0.1 ? 4 : 2);
  if (unit === '/s') return `${number}/s`;
  return `${number} ${unit}`;
}

/** Widths of the columns of the type table; those that narrow windows lack are marked. */
const TYPE_COLUMNS: readonly (readonly [head: string, width: number, isExtra: boolean])[] = [
  ['type', 13, false],
  ['vCPU', 5, true],
  ['N', 6, false],
  ['busy', 6, false],
  ['p50', 9, true],
  ['p99', 10, false],
  ['$/month', 12, false],
  ['$/M', 8, true],
  ['', 11, false],
];

export function typeTable(plan: Plan, columns: number): string {
  const shown = TYPE_COLUMNS.map(([, , isExtra]) => columns >= ROOMY || !isExtra);
  const kept = <T>(cells: readonly T[]): T[] => cells.filter((_, index) => shown[index]);
  const last = TYPE_COLUMNS.length - 1;
  const table = bareTable(
    kept(TYPE_COLUMNS.map(([, width]) => width)),
    kept(TYPE_COLUMNS.map((_, index) => (index === 0 || index === last ? 'left' : 'right'))),
  );
  table.push(kept(TYPE_COLUMNS.map(([head]) => head)));
  for (const [index, type] of plan.types.slice(0, TYPES_SHOWN).entries())
    table.push(kept(typeRow(type, index === 0)));
  const hidden = plan.types.length - TYPES_SHOWN;
  const more = hidden > 0 ? [`and ${hidden} more with --json`] : [];
  const legend = notesLegend(plan.types.slice(0, TYPES_SHOWN)).map((line) => wrap(line, columns));
  return [table.toString(), ...legend, ...more].join('\n');
}

export function sensitivityTable({ sensitivity, types }: Plan, columns: number): string {
  const [chosen] = types;
  const isRoomy = columns >= ROOMY;
  const widths = isRoomy ? [18, 22, 13, 13, 14] : [19, 11, 9, 9, 12];
  const table = bareTable(widths, ['left', 'left', 'right', 'right', 'right']);
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
      isRoomy ? `${formatCount(value, value < 1 ? 4 : 2)} ${unit}, ${provenance}` : provenance,
      factor(mayGrowBy),
      factor(mayGrowByDegraded),
      `${neededIfLess ?? 'none'} to ${neededIfMore ?? 'none'}`,
    ]);
  return table.toString();
}

function factor(value: number | null): string {
  return value === null ? 'any' : `x ${formatCount(value)}`;
}

export function sweepTable({ sweep }: Plan, columns: number): string {
  const peaks = [...new Set(sweep.map(({ peak }) => peak))];
  const volumes = [...new Set(sweep.map(({ perDay }) => perDay))];
  const isRoomy = columns >= ROOMY;
  const width = isRoomy ? 13 : 8;
  const table = bareTable([15, ...peaks.map(() => width)], ['right', ...peaks.map(() => 'right' as const)]);
  table.push(['', ...peaks.map((peak) => `x ${peak}`)]);
  for (const volume of volumes)
    table.push([
      shortCount(volume, 14),
      ...sweep
        .filter(({ perDay }) => perDay === volume)
        .map(({ instances, usdPerMonth }) =>
          instances === null || usdPerMonth === null
            ? 'none'
            : `${shortCount(instances, 6)}${isRoomy ? ` ${shortUsd(usdPerMonth, 6, 0)}` : ''}`,
        ),
    ]);
  return table.toString();
}

export function growthTable({ growth }: Plan, columns: number): string {
  const widths = columns >= ROOMY ? [6, 18, 14, 11, 14] : [5, 16, 13, 10, 14];
  const table = bareTable(widths, ['right', 'right', 'right', 'right', 'right']);
  table.push(['year', 'per day', 'peak', 'instances', '$/month']);
  for (const { instances, peakPerSecond, perDay, usdPerMonth, year } of growth)
    table.push([
      String(year),
      shortCount(perDay, 15),
      formatRate(peakPerSecond),
      instances === null ? 'none' : shortCount(instances, 9),
      usdPerMonth === null ? 'none' : shortUsd(usdPerMonth, 13),
    ]);
  return table.toString();
}

export function checkTable(checks: readonly ThreeCheck[], columns: number): string {
  const isRoomy = columns >= ROOMY;
  const table = isRoomy
    ? bareTable([16, 12, 12, 26, 14], ['left', 'right', 'right', 'right', 'right'])
    : bareTable([14, 11, 20, 15], ['left', 'right', 'right', 'right']);
  table.push(['', ...(isRoomy ? ['M/M/c'] : []), 'M/G/c', 'simulated (95 %)', '']);
  for (const { agrees, approximationMs, closedFormMs, difference, name, simulatedMs: sim } of checks) {
    const apart = `${difference < 0 ? '-' : '+'}${Math.abs(difference * 100).toFixed(1)} %`;
    table.push([
      name,
      ...(isRoomy ? [formatDuration(closedFormMs)] : []),
      formatDuration(approximationMs),
      `${formatDuration(sim.value)} ± ${formatDuration(sim.high - sim.value)}`,
      agrees ? 'agree' : `differ ${apart}`,
    ]);
  }
  return table.toString();
}

/** Situations, p99 foretold and simulated, share beyond the objective. */
export function rehearsalTable(rehearsal: readonly Rehearsal[], columns: number): string {
  const isRoomy = columns >= ROOMY;
  const table = isRoomy
    ? bareTable([24, 12, 21, 15, 8], ['left', 'right', 'right', 'right', 'right'])
    : bareTable([26, 11, 12, 11], ['left', 'right', 'right', 'right']);
  table.push(
    isRoomy
      ? ['p99', 'foretold', 'simulated (95 %)', '', 'beyond']
      : ['p99', 'foretold', 'simulated', 'beyond'],
  );
  for (const row of rehearsal) {
    const { foretoldP99Ms, simulatedP99Ms: sim, title } = row;
    const foretold = foretoldP99Ms === null ? 'none' : formatDuration(foretoldP99Ms);
    const simulated = formatDuration(sim.value);
    const mark = row.agrees ? '' : '!';
    table.push(
      isRoomy
        ? [
            title,
            foretold,
            `${simulated} ± ${formatDuration(sim.high - sim.value)}`,
            agreement(row),
            missed(row),
          ]
        : [title, foretold, `${mark}${simulated}`, missed(row)],
    );
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
    shortCount(type.instances, 5),
    `${Math.round(type.utilisationPeak * 100)} %`,
    at(type.predictions, 0.5),
    at(type.predictions, 0.99),
    shortUsd(type.usdPerMonth, 11),
    shortUsd(type.usdPerMillion, 7),
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

/** `$310.25`; with fewer decimals, then as `$4.08M`, where it would be longer than `most` characters. */
function shortUsd(value: number, most: number, decimals = 2): string {
  const small = value !== 0 && Math.abs(value) < 0.1 ? 4 : decimals;
  const forms = [formatUsd(usd(value), small), formatUsd(usd(value), 0)];
  return forms.find((text) => text.length <= most) ?? `$${compact(value)}`;
}

/** `86,400`; as `1.2B` where that would be longer than `most` characters. */
function shortCount(value: number, most: number): string {
  const digits = Math.abs(value) < 10 ? 5 : 0;
  const text = formatCount(value, digits);
  return text.length <= most ? text : compact(value);
}

function compact(value: number): string {
  return value.toLocaleString('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
}

function bareTable(colWidths: number[], colAligns: ('left' | 'right')[]): Table.Table {
  return new Table({
    ...BARE,
    colWidths,
    colAligns,
    wordWrap: true,
  });
}
