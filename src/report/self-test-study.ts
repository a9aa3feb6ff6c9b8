// A self-test as a document: measured against theory for every law, and what the generator can do on this machine.
import { formatCount, formatRate } from '../units.ts';
import { linearAxis, logAxis } from './charts/svg.ts';
import { type ChartLine, xyChart } from './charts/xy-chart.ts';
import type { Figure, StudyModel, TableModel, Verdict } from './document-model.ts';
import { machineFacts } from './machine-facts.ts';
import type { SelfTestReport, SelfTestRow } from './self-test-report.ts';
import { SELF_TEST_SIGNS, selfTestNotes, unjudgedText } from './self-test-text.ts';

export function selfTestStudy(report: SelfTestReport): StudyModel {
  const { rows } = report;
  return {
    title: 'Self-test',
    purpose: 'Servers of known behaviour, measured and compared with theory on this machine.',
    subtitle: `${new Set(rows.map(({ law }) => law)).size} laws, in this process and behind HTTP in another`,
    verdict: verdictOf(report),
    statements: [],
    figures: figuresOf(report),
    charts: rows.length === 0 ? [] : [agreementChart(rows), errorChart(rows)],
    tables: [{ title: 'Measured against theory', table: lawTable(rows) }],
    notes: [
      'Milliseconds. The limit is 1 % of theory, or 1.6 ms where that is more: timers and loopback. For queues theory is Lindley’s recursion on the very arrivals that were sent.',
    ],
    environment: machineFacts(report.env),
  };
}

function verdictOf({ complete, rows }: SelfTestReport): Verdict {
  const missed = rows.filter(({ state }) => state === 'missed');
  if (!complete) return { tone: 'warn', word: 'INTERRUPTED', sentence: 'Not every law was measured.' };
  const unjudged = unjudgedText(rows);
  if (missed.length === 0 && unjudged !== '')
    return {
      tone: 'warn',
      word: 'NOT SHOWN',
      sentence: `No value misses its limit${unjudged}.`,
    };
  if (missed.length === 0)
    return { tone: 'good', word: 'MET', sentence: `All ${rows.length} values lie within their limits.` };
  const spoilt = missed.filter(({ invalid }) => invalid !== null).length;
  const why = spoilt > 0 ? `, ${spoilt} of them in runs that the machine spoilt` : '';
  return {
    tone: 'bad',
    word: 'MISSED',
    sentence: `${missed.length} of ${rows.length} values miss their limits${why}${unjudged}.`,
  };
}

function figuresOf({ generator, rows }: SelfTestReport): Figure[] {
  const us = (value: number | null): string =>
    value === null ? '–' : `${formatCount(value, value < 1 ? 3 : 1)} µs`;
  const met = rows.filter(({ state }) => state === 'met').length;
  return [
    { label: 'Within limits', value: `${met} of ${rows.length}`, note: 'values' },
    {
      label: 'Ceiling',
      value: generator.ceiling_per_s === null ? '–' : formatRate(generator.ceiling_per_s),
      note: 'executions that answer at once',
    },
    { label: 'Clock step', value: us(generator.clock_step_us), note: 'least' },
    { label: 'Late p50', value: us(generator.late_p50_us), note: 'lag of the generator' },
    { label: 'Late p99', value: us(generator.late_p99_us), note: 'lag of the generator' },
  ];
}

function lawTable(rows: readonly SelfTestRow[]): TableModel {
  const ms = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
  return {
    columns: [
      { title: 'law' },
      { title: 'target', isOptional: true },
      { title: 'at', isNumber: true },
      { title: 'theory', isNumber: true },
      { title: 'measured', isNumber: true },
      { title: 'error', isNumber: true },
      { title: 'limit', isNumber: true, isOptional: true },
      { title: 'outcome' },
    ],
    rows: rows.map((row) => [
      row.metric === undefined || row.metric === 'response' ? row.law : `${row.law}, ${row.metric}`,
      row.target,
      `p${formatCount(row.quantile * 100, 1)}`,
      ms(row.theory_ms),
      ms(row.measured_ms),
      ms(row.error_ms),
      ms(row.limit_ms),
      outcomeText(row),
    ]),
  };
}

function outcomeText(row: SelfTestRow): string {
  const notes = selfTestNotes(row);
  return `${SELF_TEST_SIGNS[row.state]} ${row.state}${notes === '' ? '' : ` (${notes})`}`;
}

function pointsOf(rows: readonly SelfTestRow[], read: (row: SelfTestRow) => number | null): ChartLine[] {
  return (['executor', 'http'] as const).map((target, index) => ({
    name: target === 'executor' ? 'in this process' : 'over HTTP',
    style: index === 0 ? 1 : 2,
    dots: 'only',
    points: rows.flatMap((row) => {
      const y = read(row);
      return row.target === target && y !== null ? [[row.theory_ms, y] as const] : [];
    }),
  }));
}

const milliseconds = (value: number): string => `${formatCount(value, 1)} ms`;

function agreementChart(rows: readonly SelfTestRow[]): string {
  const theories = rows.map(({ theory_ms }) => theory_ms);
  const range = { min: Math.min(...theories), max: Math.max(...theories) };
  const x = logAxis('theory', range, milliseconds);
  const all = rows.flatMap(({ measured_ms, theory_ms }) => [measured_ms ?? theory_ms, theory_ms]);
  return xyChart({
    title: 'Measured against theory',
    summary: 'One mark a percentile of a law; on the line both are the same.',
    x,
    y: logAxis('measured', { min: Math.min(...all), max: Math.max(...all) }, milliseconds),
    lines: [
      ...pointsOf(rows, ({ measured_ms }) => measured_ms),
      {
        name: 'theory',
        style: 3,
        points: [
          [x.min, x.min],
          [x.max, x.max],
        ],
      },
    ],
  });
}

function errorChart(rows: readonly SelfTestRow[]): string {
  const errors = rows.flatMap(({ error_ms, limit_ms }) => [error_ms ?? 0, limit_ms, -limit_ms]);
  const theories = rows.map(({ theory_ms }) => theory_ms);
  const x = logAxis('theory', { min: Math.min(...theories), max: Math.max(...theories) }, milliseconds);
  const limits = [...new Map(rows.map(({ limit_ms, theory_ms }) => [theory_ms, limit_ms]))].sort(
    ([a], [b]) => a - b,
  );
  return xyChart({
    title: 'Error',
    summary: 'Measured minus theory, with the limits.',
    x,
    y: linearAxis('error', { min: Math.min(...errors) * 1.1, max: Math.max(...errors) }, milliseconds),
    lines: [
      ...pointsOf(rows, ({ error_ms }) => error_ms),
      {
        name: 'limit',
        style: 3,
        points: [
          ...limits,
          [limits.at(-1)?.[0] ?? 0, null],
          ...limits.map(([theory, limit]) => [theory, -limit] as const),
        ],
      },
    ],
  });
}
