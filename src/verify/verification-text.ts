// A verification and a track record as text for a terminal.
import Table from 'cli-table3';
import { BARE } from '../report/bare-table.ts';
import { wrap } from '../report/wrap.ts';
import { formatCount, formatDuration, formatRate } from '../units.ts';
import { type Accuracy, accuracyOf } from './track-record.ts';
import type { Scale, Verification } from './verification.ts';
import type { VerifiedNumber } from './verify-prediction.ts';

export interface VerificationStyle {
  readonly columns: number;
  readonly bold: (text: string) => string;
}

const WORDS: Readonly<Record<Verification['state'], string>> = {
  inside: 'INSIDE',
  outside: 'OUTSIDE',
  invalid: 'INVALID',
  interrupted: 'INTERRUPTED',
};

const SENTENCES: Readonly<Record<Verification['state'], string>> = {
  inside: 'every number measured lies in the predicted band',
  outside: 'a number measured lies outside the predicted band',
  invalid: 'the measurement does not count',
  interrupted: 'the measurement was not finished',
};

/** The whole answer, ending in a newline. */
export function verificationText(found: Verification, style: VerificationStyle): string {
  const columns = Math.max(60, Math.min(110, style.columns));
  const { executions, faults, numbers, plan, runs, scale, state } = found;
  return [
    style.bold(wrap(`${WORDS[state]}  ${SENTENCES[state]}`, columns)),
    wrap(scaleText(scale, found), columns),
    wrap(
      `${formatCount(runs)} ${runs === 1 ? 'run' : 'runs'} of scenario ${plan.scenario}, ${formatCount(executions)} executions, ${formatRate(found.sentPerSecond)}.`,
      columns,
    ),
    '',
    numberTable(numbers),
    ...(faults.length === 0 ? [] : ['', ...faults.map((fault) => wrap(`- ${fault}`, columns, '  '))]),
    '',
  ].join('\n');
}

/** The load of one instance, and what part of it this machine was given. */
export function scaleText(
  { factor, instancePerSecond, isFull, vcpu }: Scale,
  { machine, plan, askedPerSecond }: Pick<Verification, 'machine' | 'plan' | 'askedPerSecond'>,
): string {
  const load = `One ${plan.type} (${formatCount(vcpu)} vCPU) gets ${formatRate(instancePerSecond)} at the peak, spares lost.`;
  const here = `${machine.name}, ${formatCount(machine.cores)} cores`;
  return isFull
    ? `${load} Measured here at the same rate and number of cores (${here}).`
    : `${load} SCALED by ${formatCount(factor, 4)} to this machine (${here}): ${formatRate(askedPerSecond)}. A scaled run is no full verification.`;
}

export function numberTable(numbers: readonly VerifiedNumber[]): string {
  const table = new Table({
    ...BARE,
    style: { ...BARE.style, 'padding-right': 2 },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'left'],
  });
  table.push(['', 'predicted', 'band', 'measured', 'error', '']);
  for (const number of numbers) {
    const { error, high, isInside, low, measured, metric, value } = number;
    const shown = (amount: number | null, absent: string) =>
      amount === null ? absent : formatNumber(amount, number);
    table.push([
      metric,
      shown(value, 'unstable'),
      `${shown(low, '')} to ${shown(high, 'any')}`,
      shown(measured, 'n/a'),
      error === null ? '' : percent(error),
      isInside === null ? '' : isInside ? 'inside' : 'OUTSIDE',
    ]);
  }
  return trimmed(table);
}

function formatNumber(value: number, { unit }: Pick<VerifiedNumber, 'unit'>): string {
  if (unit === 'ms') return formatDuration(value);
  return unit === '/s' ? formatRate(value) : `${(100 * value).toFixed(1)} %`;
}

/** What a track record shows, ending in a newline. */
export function historyText(record: readonly Verification[], style: VerificationStyle): string {
  const of = (state: Verification['state']) => record.filter((entry) => entry.state === state).length;
  const counted = of('inside') + of('outside');
  const head = `${formatCount(record.length)} ${record.length === 1 ? 'verification' : 'verifications'}: ${of('inside')} inside, ${of('outside')} outside; ${record.length - counted} that do not count`;
  const scaled = record.filter(({ scale }) => !scale.isFull).length;
  const first = record.at(0)?.at ?? '';
  const last = record.at(-1)?.at ?? '';
  const columns = Math.max(60, Math.min(110, style.columns));
  const accuracy = accuracyOf(record);
  return [
    style.bold(wrap(head, columns)),
    ...(record.length === 0
      ? []
      : [wrap(`From ${first} to ${last}; ${scaled} scaled to another number of cores.`, columns)]),
    ...(accuracy.length === 0 ? [] : ['', accuracyTable(accuracy)]),
    '',
  ].join('\n');
}

function accuracyTable(accuracy: readonly Accuracy[]): string {
  const table = new Table({
    ...BARE,
    style: { ...BARE.style, 'padding-right': 2 },
    colAligns: ['left', 'right', 'right', 'right', 'left'],
  });
  table.push(['', 'runs', 'mean error', 'mean |error|', 'inside the band (95 %)']);
  for (const { coverage, meanAbsoluteError, meanError, metric, runs } of accuracy)
    table.push([
      metric,
      formatCount(runs),
      meanError === null ? '' : percent(meanError),
      meanAbsoluteError === null ? '' : percent(meanAbsoluteError).replace('+', ''),
      `${share(coverage.value)} (${share(coverage.low)} to ${share(coverage.high)})`,
    ]);
  return trimmed(table);
}

function trimmed(table: Table.Table): string {
  return table
    .toString()
    .split('\n')
    .map((row) => row.trimEnd())
    .join('\n');
}

function percent(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(100 * value).toFixed(1)} %`;
}

function share(value: number): string {
  return `${(100 * value).toFixed(0)} %`;
}
