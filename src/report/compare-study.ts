// A comparison of runs as a document: a verdict for each metric, its effect with the interval, a dot for every run.
import { formatCount } from '../units.ts';
import { linearAxis } from './charts/svg.ts';
import { type ChartLine, xyChart } from './charts/xy-chart.ts';
import type { ComparedRow, CompareReport, NeighbourFacts } from './compare-report.ts';
import {
  certaintyText,
  endingsText,
  medianText,
  neighbourTitle,
  neighbourVerdict,
  percentText,
} from './compare-text.ts';
import type { Figure, Statement, StudyModel, TableModel, Verdict } from './document-model.ts';
import { microseconds } from './latency-rows.ts';
import { machineFacts } from './machine-facts.ts';

export function compareStudy(report: CompareReport): StudyModel {
  const { a, b, neighbours, rows, tolerance_ratio } = report;
  const names = neighbours === undefined ? (['A', 'B'] as const) : (['without', 'with'] as const);
  const side = (name: string, { load, runs_n, scenario }: CompareReport['a']): string =>
    `${name}: ${runs_n} runs of ${scenario}, ${load}`;
  return {
    title:
      neighbours !== undefined
        ? neighbourTitle(b.scenario, neighbours)
        : a.scenario === b.scenario
          ? `${a.scenario}: B against A`
          : `${b.scenario} against ${a.scenario}`,
    purpose: '',
    subtitle: `${side(names[0], a)} · ${side(names[1], b)} · ${report.ended_at.slice(0, 16).replace('T', ' ')} UTC`,
    verdict: verdictOf(report),
    statements: [...rows.map(statementOf), ...(neighbours === undefined ? [] : [endingsOf(neighbours)])],
    figures: rows.map(figureOf),
    charts: [...effectChart(report), ...rows.map((row) => runChart(row, names))],
    tables: [{ title: 'Metrics', table: metricTable(rows, names) }],
    notes: [
      `The unit of evidence is the run. Better and worse need an adjusted p below .05, an interval without 0 and an effect above ${formatCount(tolerance_ratio * 100, 1)} %, from at least 4 runs a side.`,
    ],
    environment: machineFacts(report.env),
  };
}

function endingsOf(neighbours: NeighbourFacts): Statement {
  return {
    tone: neighbours.failed_n === 0 ? 'good' : 'plain',
    sign: neighbours.failed_n === 0 ? '✓' : '?',
    text: endingsText(neighbours),
  };
}

type SideNames = readonly [a: string, b: string];

function verdictOf({ neighbours, rows }: CompareReport): Verdict {
  if (neighbours !== undefined) return NEIGHBOUR_VERDICTS[neighbourVerdict(rows)];
  const named = (verdict: ComparedRow['verdict']): string[] =>
    rows.filter((row) => row.verdict === verdict).map(({ metric }) => metric);
  const [better, worse] = [named('better'), named('worse')];
  const parts = [
    ...(worse.length > 0 ? [`worse in ${worse.join(', ')}`] : []),
    ...(better.length > 0 ? [`better in ${better.join(', ')}`] : []),
  ];
  if (worse.length > 0) return { tone: 'bad', word: 'WORSE', sentence: `B is ${parts.join(', ')}.` };
  if (better.length > 0) return { tone: 'good', word: 'BETTER', sentence: `B is ${parts.join(', ')}.` };
  if (rows.length > 0 && rows.every(({ equivalent }) => equivalent))
    return {
      tone: 'good',
      word: 'NO DIFFERENCE',
      sentence: 'Every metric is the same within the tolerance.',
    };
  return {
    tone: 'warn',
    word: 'CANNOT TELL',
    sentence: 'The runs tell neither better nor worse, nor that they are the same.',
  };
}

const NEIGHBOUR_VERDICTS: Readonly<Record<ReturnType<typeof neighbourVerdict>, Verdict>> = {
  felt: { tone: 'bad', word: 'FELT', sentence: 'The others are slower beside the hostile tenant.' },
  'not felt': {
    tone: 'good',
    word: 'NOT FELT',
    sentence: 'The others are as fast beside the hostile tenant, within the tolerance.',
  },
  'cannot tell': {
    tone: 'warn',
    word: 'CANNOT TELL',
    sentence: 'The runs do not tell whether the others are slower beside the hostile tenant.',
  },
};

const SIGNS = {
  better: { tone: 'good', sign: '✓' },
  worse: { tone: 'bad', sign: '✗' },
  'cannot tell': { tone: 'plain', sign: '?' },
} as const;

function statementOf(row: ComparedRow): Statement {
  return { ...SIGNS[row.verdict], text: `${row.metric}: ${row.verdict} (${certaintyText(row)})` };
}

function figureOf(row: ComparedRow): Figure {
  return {
    label: row.metric,
    value: percentText(row.effect_ratio),
    note: `${medianText(row, row.a_median)} to ${medianText(row, row.b_median)}`,
  };
}

function metricTable(rows: readonly ComparedRow[], [a, b]: SideNames): TableModel {
  return {
    columns: [
      { title: 'metric' },
      { title: `${a}, median`, isNumber: true, isOptional: true },
      { title: `${b}, median`, isNumber: true, isOptional: true },
      { title: 'effect', isNumber: true },
      { title: '95 % interval', isNumber: true, isOptional: true },
      { title: 'p, adjusted', isNumber: true, isOptional: true },
      { title: 'detectable', isNumber: true, isOptional: true },
      { title: 'verdict' },
    ],
    rows: rows.map((row) => [
      row.metric,
      medianText(row, row.a_median),
      medianText(row, row.b_median),
      percentText(row.effect_ratio),
      `${percentText(row.low_ratio)} to ${percentText(row.high_ratio)}`,
      row.p_adjusted.toPrecision(2),
      row.mde_ratio === null ? '–' : `${formatCount(row.mde_ratio * 100, 1)} %`,
      row.equivalent ? `${row.verdict} (equivalent)` : row.verdict,
    ]),
  };
}

/** Each metric's effect with its interval; the tolerance shaded. */
function effectChart({ neighbours, rows, tolerance_ratio }: CompareReport): string[] {
  if (rows.length === 0) return [];
  const ends = rows.flatMap(({ high_ratio, low_ratio }) => [low_ratio, high_ratio]);
  const least = Math.min(-2 * tolerance_ratio, ...ends);
  const most = Math.max(2 * tolerance_ratio, ...ends);
  const at = (index: number): number => rows.length - index;
  const lines = rows.flatMap((row, index): ChartLine[] => [
    {
      name: 'interval',
      style: 1,
      points: [
        [row.low_ratio, at(index)],
        [row.high_ratio, at(index)],
      ],
    },
    { name: 'effect', style: 1, points: [[row.effect_ratio, at(index)]], dots: 'only' },
  ]);
  return [
    xyChart({
      title: neighbours === undefined ? 'Effect of B against A' : 'Effect of the hostile tenant',
      summary:
        'Ratio of the medians minus one, with its 95 % interval over runs; within the shaded stretch it does not matter.',
      x: linearAxis('effect', { min: least, max: most }, percentText),
      y: {
        title: 'metric',
        kind: 'linear',
        min: 0.5,
        max: rows.length + 0.5,
        ticks: rows.map(({ metric }, index) => ({ at: at(index), label: metric })),
      },
      bands: [{ from: -tolerance_ratio, to: tolerance_ratio, kind: 'shaded', label: 'tolerance' }],
      lines,
      hasLegend: false,
      height: 90 + 34 * rows.length,
    }),
  ];
}

/** A dot for every run, so that spread is seen and not only a median. */
function runChart(row: ComparedRow, [a, b]: SideNames): string {
  const label = row.unit === 'us' ? microseconds : (value: number): string => formatCount(value);
  const line = (name: string, style: 1 | 2, values: readonly number[]): ChartLine => ({
    name,
    style,
    points: values.map((value, index) => [index + 1, value]),
    dots: 'only',
  });
  const last = Math.max(row.a.length, row.b.length);
  return xyChart({
    title: row.metric,
    summary: 'One mark a run, in the order in which they were made.',
    x: {
      title: 'run',
      kind: 'linear',
      min: 0.5,
      max: last + 0.5,
      ticks: Array.from({ length: last }, (_, index) => ({ at: index + 1, label: String(index + 1) })),
    },
    y: linearAxis(
      row.unit === 'us' ? 'response' : 'per second',
      { max: Math.max(...row.a, ...row.b) },
      label,
    ),
    lines: [line(a, 1, row.a), line(b, 2, row.b)],
    height: 200,
  });
}
