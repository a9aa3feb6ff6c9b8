// The tables of a plan for documents: every number rounded and put into words.
import type { DayPlan } from '../planner/day-replay.ts';
import { formatUsd, usd } from '../planner/money.ts';
import type { Plan, TypePlan } from '../planner/plan-types.ts';
import { formatCount, formatDuration, formatRate } from '../units.ts';
import type { Column, TableModel } from './document-model.ts';
import { agreement, missed } from './rehearsal-text.ts';

const text = (title: string): Column => ({ title });
const number = (title: string): Column => ({ title, isNumber: true });
const optional = (column: Column): Column => ({ ...column, isOptional: true });

export function ladderTable({ ladder }: Plan): TableModel {
  return {
    columns: [text('step'), optional(text('formula')), text('numbers'), number('result'), text('origin')],
    rows: ladder.map((step) => [
      step.title,
      step.formula,
      step.inputs,
      step.unit === 'USD' ? money(step.value) : `${significant(step.value)} ${step.unit}`,
      step.provenance,
    ]),
  };
}

export function inputTable({ inputs }: Plan): TableModel {
  return {
    columns: [text('input'), number('value'), text('origin'), optional(text('source'))],
    rows: Object.entries(inputs).map(([name, { provenance, source, unit, value }]) => [
      name,
      `${significant(value)} ${unit}`,
      provenance,
      source,
    ]),
  };
}

const SHORT_DOUBT: Readonly<Record<TypePlan['doubts'][number], string>> = {
  burstable: 'burstable',
  'other architecture': 'other architecture',
  'more vCPUs than twice the tested': 'over 2 x tested vCPUs',
  'too little memory': 'too little memory',
};

export function typeTable({ types }: Plan): TableModel {
  return {
    columns: [
      text('type'),
      text(''),
      optional(number('vCPU')),
      number('instances'),
      optional(number('busy at peak')),
      optional(number('busy on average')),
      optional(number('p50')),
      number('p99'),
      optional(number('spares lost')),
      number('USD/month'),
      optional(number('USD/M')),
      optional(text('binding')),
      optional(text('doubts')),
    ],
    rows: types.map((type, index) => [
      type.type,
      [...(index === 0 ? ['✓'] : []), ...(type.isPareto ? ['◆'] : [])].join(' '),
      formatCount(type.vcpu),
      formatCount(type.instances),
      percent(type.utilisationPeak),
      percent(type.utilisationMean),
      time(at(type, 0.5)?.valueMs ?? null),
      time(at(type, 0.99)?.valueMs ?? null),
      time(at(type, 0.99)?.degradedMs ?? null),
      money(type.usdPerMonth),
      money(type.usdPerMillion),
      type.binding,
      type.doubts.map((doubt) => SHORT_DOUBT[doubt]).join(', '),
    ]),
  };
}

export function sensitivityTable({ sensitivity, types }: Plan): TableModel {
  const [chosen] = types;
  return {
    columns: [
      text('input'),
      optional(number('value')),
      text('origin'),
      number(`${formatCount(chosen?.instances ?? 0)} up`),
      number(`${formatCount(chosen?.needed ?? 0)} up`),
      number('N at -25 %'),
      number('+25 %'),
    ],
    rows: sensitivity.map((entry) => [
      entry.name,
      `${significant(entry.value)} ${entry.unit}`,
      entry.provenance,
      factor(entry.mayGrowBy),
      factor(entry.mayGrowByDegraded),
      count(entry.neededIfLess),
      count(entry.neededIfMore),
    ]),
  };
}

/** Volumes down, peaks across. */
export function sweepTable({ sweep }: Plan): TableModel {
  const peaks = [...new Set(sweep.map(({ peak }) => peak))];
  const volumes = [...new Set(sweep.map(({ perDay }) => perDay))];
  return {
    columns: [number('per day'), ...peaks.map((peak) => number(`x ${formatCount(peak)}`))],
    rows: volumes.map((volume) => [
      formatCount(volume),
      ...sweep
        .filter(({ perDay }) => perDay === volume)
        .map(({ instances, usdPerMonth }) =>
          instances === null || usdPerMonth === null
            ? 'none'
            : `${formatCount(instances)} · ${formatUsd(usd(usdPerMonth), 0)}`,
        ),
    ]),
  };
}

export function growthTable({ growth }: Plan): TableModel {
  return {
    columns: [
      number('year'),
      number('per day'),
      optional(number('peak')),
      number('instances'),
      number('USD/month'),
    ],
    rows: growth.map(({ instances, peakPerSecond, perDay, usdPerMonth, year }) => [
      String(year),
      formatCount(perDay, 0),
      formatRate(peakPerSecond),
      count(instances),
      usdPerMonth === null ? 'none' : money(usdPerMonth),
    ]),
  };
}

export function checkTable({ checks }: Plan): TableModel {
  return {
    columns: [
      text('number'),
      optional(number('M/M/c')),
      number('M/G/c'),
      number('simulated'),
      number('low'),
      number('high'),
      text(''),
    ],
    rows: checks.map(({ agrees, approximationMs, closedFormMs, difference, name, simulatedMs }) => [
      name,
      time(closedFormMs),
      time(approximationMs),
      time(simulatedMs.value),
      time(simulatedMs.low),
      time(simulatedMs.high),
      agrees ? 'agree' : `differ ${difference < 0 ? '-' : '+'}${percent(Math.abs(difference))}`,
    ]),
  };
}

export function rehearsalTable({ rehearsal }: Plan): TableModel {
  return {
    columns: [
      text('situation'),
      number('foretold'),
      number('simulated'),
      optional(number('low')),
      optional(number('high')),
      number('apart'),
      number('beyond'),
      optional(number('restarted')),
    ],
    rows: rehearsal.map((row) => [
      row.title,
      row.foretoldP99Ms === null ? 'none' : time(row.foretoldP99Ms),
      time(row.simulatedP99Ms.value),
      time(row.simulatedP99Ms.low),
      time(row.simulatedP99Ms.high),
      agreement(row).replace('differ ', ''),
      missed(row),
      formatCount(row.restarted),
    ]),
  };
}

const DAY_HOURS = 24;

/** Of a week the day of its busiest hour. */
export function dayTable({ hours, peakHour }: DayPlan): TableModel {
  const first = Math.floor(peakHour / DAY_HOURS) * DAY_HOURS;
  return {
    columns: [number('hour'), number('rate'), number('needed'), number('autoscaled'), number('miss')],
    rows: hours
      .slice(first, first + DAY_HOURS)
      .map(({ autoscaled, hour, missShare, needed, ratePerSecond }) => [
        `${hour % DAY_HOURS}:00`,
        formatRate(ratePerSecond),
        formatCount(needed),
        formatCount(autoscaled, 1),
        missShare === 0 ? '–' : percent(missShare),
      ]),
  };
}

function at({ predictions }: TypePlan, p: number) {
  return predictions.find((entry) => entry.metric === 'response' && entry.p === p);
}

function time(ms: number | null): string {
  if (ms === null) return 'n/a';
  return Number.isFinite(ms) ? formatDuration(ms) : 'unstable';
}

function money(value: number): string {
  return formatUsd(usd(value), value !== 0 && Math.abs(value) < 0.1 ? 4 : 2);
}

function factor(value: number | null): string {
  return value === null ? 'any' : `x ${formatCount(value)}`;
}

function count(value: number | null): string {
  return value === null ? 'none' : formatCount(value);
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}

/** Five significant digits, whole numbers whole. */
function significant(value: number): string {
  if (!Number.isFinite(value)) return 'without bound';
  return Math.abs(value) >= 1e4
    ? value.toLocaleString('en-US', { maximumFractionDigits: 0 })
    : value.toLocaleString('en-US', { maximumSignificantDigits: 5 });
}
