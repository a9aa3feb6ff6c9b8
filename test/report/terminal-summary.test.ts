// How a run looks in terminals of three widths. The golden files are for layout; figures come from the report of the fixture.
import { describe, expect, it } from 'vitest';
import { describeCheck } from '../../src/bench/validity.ts';
import type { RunReport } from '../../src/report/run-report.ts';
import { formatRunSummary, type SummaryStyle } from '../../src/report/terminal-summary.ts';
import { buildFullReport } from '../support/full-report.ts';

const HISTOGRAM = [
  { fromUs: 1_000, n: 2_100 },
  { fromUs: 10_000, n: 15_800 },
  { fromUs: 100_000, n: 2_100 },
];
const plain: SummaryStyle['paint'] = (_style, text) => text;
const coloured: SummaryStyle['paint'] = (_style, text) => `\u001b[31m${text}\u001b[0m`;

const show = (report: RunReport, columns: number, paint = plain): string =>
  formatRunSummary(
    report,
    { histogram: HISTOGRAM, describeCheck, path: 'reports/mixed.json' },
    { columns, paint },
  );

const full = buildFullReport();
const invalid: RunReport = {
  ...full,
  exit_code: 98,
  validity: {
    valid: false,
    generator_limited: false,
    checks: [{ id: 'other-cpu', value: 0.26, limit: 0.05, unit: 'ratio', state: 'failed' }],
  },
};

describe('formatRunSummary()', () => {
  it.each([60, 80, 120])('looks as in the golden file at %i columns', async (columns) => {
    await expect(`${show(full, columns)}\n${show(invalid, columns)}`).toMatchFileSnapshot(
      `golden/summary-${columns}.txt`,
    );
  });

  it.each([60, 80, 120])('leaves no line longer than %i columns, coloured or not', (columns) => {
    for (const paint of [plain, coloured]) {
      const lines = show(full, columns, paint)
        .replaceAll(/\p{Cc}\[\d+m/gu, '')
        .split('\n');
      expect(lines.filter((line) => line.length > columns)).toEqual([]);
    }
  });

  it('says the verdict first and marks every number of an invalid run', () => {
    const [head = '', cause = ''] = show(invalid, 120).split('\n');
    expect(`${head}${cause}`).toContain('INVALID');
    expect(show(invalid, 120)).toContain('CPU used by other processes: 26 %, limit 5 %');
    const row = /^ +response .*$/m.exec(show(invalid, 120))?.[0] ?? '';
    expect(row.match(/\?\d/g)?.length).toBeGreaterThan(4);
    expect(show(invalid, 120)).toContain('not judged: the run is invalid');
  });

  it('drops columns, not rows, where there is little room', () => {
    const rows = (columns: number): string[] =>
      [...show(full, columns).matchAll(/^ +(response|service|late|· \w+) +[\d.]+ /gm)].map(
        ([, label]) => label ?? '',
      );
    expect(rows(60)).toEqual(rows(120));
    expect(show(full, 120)).toContain('p75');
    expect(show(full, 60)).not.toContain('p75');
  });
});
