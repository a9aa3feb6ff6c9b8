import { describe, expect, it } from 'vitest';
import { parseReport } from '../../src/report/parse-report.ts';
import { studyMarkdown } from '../../src/report/study-markdown.ts';
import { type StudyReport, studyModel } from '../../src/report/study-model.ts';
import { studyPage } from '../../src/report/study-page.ts';
import {
  buildComparison,
  buildSearchReport,
  buildSelfTestReport,
  buildSweepReport,
} from '../support/studies.ts';

const STUDIES: readonly StudyReport[] = [
  buildSearchReport(),
  buildSweepReport(),
  buildComparison(),
  buildSelfTestReport(),
];

describe.each(STUDIES.map((report) => [report.kind, report] as const))('a %s report', (_kind, report) => {
  it('is read back as it was written', () => {
    expect(parseReport(JSON.parse(JSON.stringify(report)), 'report')).toEqual(report);
  });

  it('is refused field by field when it is damaged', () => {
    expect(() => parseReport({ ...report, env: 5, exit_code: 'x' }, 'report r.json')).toThrow(
      /report r\.json has 2 problems:[\s\S]*exit_code: [\s\S]*env: /,
    );
  });

  it('makes a page of its own: no request, no markup of others, the report inside', () => {
    const page = studyPage(report);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/mixed <b>|<i>test/);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(page.match(/<figure>/g)?.length).toBe(studyModel(report).charts.length);
    expect(studyModel(report).charts.length).toBeGreaterThan(1);
    const [, json = ''] = /<script type="application\/json" id="data">(.*?)<\/script>/su.exec(page) ?? [];
    expect(JSON.parse(json)).toEqual(report);
  });

  it('makes Markdown in which every row of a table has as many cells as its head', () => {
    const text = studyMarkdown(report);
    expect(text).toMatch(/^# .+: [A-Z ]+\n\n\*\*.+\*\*\n/);
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    const cells = rows.map((row) => row.replaceAll('\\|', '').split('|').length);
    expect(new Set(cells).size).toBe(1);
    expect(rows.length).toBeGreaterThan(3);
  });
});

describe('studyModel()', () => {
  it('says what a search found, and what would have been there without it', () => {
    const model = studyModel(buildSearchReport());
    expect(model.verdict).toMatchObject({ word: 'FOUND', tone: 'good' });
    expect(model.verdict.sentence).toBe(
      'capacity 195/s confirmed in three trials; 210/s fails (p99<=100ms: 131.0 ms)',
    );
    expect(model.figures.map(({ value }) => value)).toEqual(['195/s', '210/s', '7.1 %', '240/s', '9']);
  });

  it('draws the law that the planner fits to a sweep', () => {
    const model = studyModel(buildSweepReport());
    expect(model.statements[0]?.text).toMatch(/100\/s for one, contention 0\.050, coherency 0\.0020, peak /);
    expect(model.charts[0]).toContain('fitted law');
  });

  it('calls twenty per cent more of every latency worse', () => {
    const report = buildComparison();
    expect(report.exit_code).toBe(99);
    expect(studyModel(report).verdict).toMatchObject({ word: 'WORSE', tone: 'bad' });
    expect(report.rows[0]).toMatchObject({ metric: 'p50', a: [10_000, 10_100, 10_200, 10_300, 10_400] });
  });

  it('says how many misses the machine explains', () => {
    expect(studyModel(buildSelfTestReport()).verdict.sentence).toBe(
      '1 of 18 values miss their limits, 1 of them in runs that the machine spoilt.',
    );
  });
});
