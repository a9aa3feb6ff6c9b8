import { describe, expect, it } from 'vitest';
import { LatencyRecorder } from '../../src/bench/recorder.ts';
import { describeCheck } from '../../src/bench/validity.ts';
import { linearAxis, logAxis } from '../../src/report/charts/svg.ts';
import { runMarkdown } from '../../src/report/run-markdown.ts';
import { runModel } from '../../src/report/run-model.ts';
import { runPage } from '../../src/report/run-page.ts';
import { runsModel } from '../../src/report/runs-model.ts';
import { spectrumOf } from '../../src/report/spectrum.ts';
import { buildFullReport } from '../support/full-report.ts';

const RUN = { name: 'run.json', report: buildFullReport() };

describe('percentile spectrum', () => {
  it('is the quantile function of the exponential law over 1 / (1 - q): mean x ln(x)', () => {
    const recorder = new LatencyRecorder();
    for (let i = 0; i < 50_000; i++) recorder.record(-Math.log(1 - (i + 0.5) / 50_000) * 10_000);
    const spectrum = spectrumOf(recorder.summary('response', 'all'));
    const inside = (spectrum?.points ?? []).filter(([x]) => x > 1.2 && x < 5_000);
    expect(inside.length).toBeGreaterThan(50);
    for (const [x, us] of inside) expect(us / (10_000 * Math.log(x))).toBeCloseTo(1, 1);
    expect(spectrum?.supportedTo).toBe(5_000);
    expect(spectrum?.points.at(-1)?.[0]).toBeCloseTo(50_000, 6);
  });

  it('ends where the failed executions begin', () => {
    const recorder = new LatencyRecorder();
    for (let i = 1; i <= 900; i++) recorder.record(i);
    const spectrum = spectrumOf(recorder.summary('response', 'all', 100));
    expect(spectrum).toMatchObject({ n: 1_000, supportedTo: 100, censoredFrom: 10 });
    expect(spectrum?.points.at(-1)?.[0]).toBeLessThanOrEqual(10);
    expect(spectrumOf(new LatencyRecorder().summary('response', 'all'))).toBeUndefined();
  });
});

describe('axes', () => {
  it('have round ticks and no negative zero', () => {
    const axis = linearAxis('n', { max: 43 }, String);
    expect(axis.ticks.map(({ label }) => label)).toEqual(['0', '10', '20', '30', '40', '50']);
    expect(logAxis('us', { min: 3, max: 40 }, String).ticks.map(({ at }) => at)).toEqual([2, 5, 10, 20, 50]);
    expect(logAxis('us', { min: 3, max: 4_000 }, String).ticks.map(({ at }) => at)).toEqual([
      1, 10, 100, 1_000, 10_000,
    ]);
  });
});

describe('run model', () => {
  it('puts the verdict before the numbers and names what was missed', () => {
    const { verdict } = runModel(RUN.report, describeCheck);
    expect(verdict).toMatchObject({ word: 'VALID, FAILED', tone: 'bad' });
    expect(verdict.sentence).toContain('errors<0.1%');
  });

  it('marks the numbers of an invalid run and judges no threshold', () => {
    const check = { id: 'other-cpu', value: 0.5, limit: 0.05, unit: 'ratio', state: 'failed' as const };
    const report = {
      ...RUN.report,
      exit_code: 98,
      validity: { valid: false, generator_limited: false, checks: [check] },
    };
    const model = runModel(report, describeCheck);
    expect(model.verdict.word).toBe('INVALID');
    expect(model.verdict.sentence).toContain('CPU used by other processes: 50 %');
    expect(model.latency.rows[0]?.[1]).toMatch(/^\?/);
    expect(model.thresholds.every(({ sign }) => sign === '?')).toBe(true);
  });

  it('shows long series in longer steps, with the worst of each', () => {
    const [point] = RUN.report.series;
    if (point === undefined) throw new Error('no series');
    const series = Array.from({ length: 2_000 }, (_, i) => ({
      ...point,
      t_s: i + 1,
      asked_n: 10,
      max_us: i,
    }));
    const { time } = runModel({ ...RUN.report, series }, describeCheck);
    expect(time).toHaveLength(400);
    expect(time[1]).toMatchObject({ fromS: 5, toS: 10, askedPerSecond: 10, maxUs: 9 });
  });
});

describe('the page', () => {
  it('lets nothing in, and no text of the report out of its place', () => {
    const page = runPage([RUN], describeCheck);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/https?:|<script>|<b>&"|@import|url\((?!#)/);
    const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1];
    expect(JSON.parse(data ?? '')).toEqual([RUN.report]);
  });

  it('stays below 1 MB with forty runs of the longest series', () => {
    const [point] = RUN.report.series;
    if (point === undefined) throw new Error('no series');
    const series = Array.from({ length: 2_000 }, (_, i) => ({ ...point, t_s: i + 1 }));
    const runs = Array.from({ length: 40 }, () => ({ ...RUN, report: { ...RUN.report, series } }));
    expect(Buffer.byteLength(runPage(runs, describeCheck))).toBeLessThanOrEqual(1_000_000);
  });
});

describe('several runs', () => {
  const runs = [8, 1, 4].map((n) => ({ name: `${n}.json`, report: buildFullReport(n) }));

  it('are ordered by concurrency where they differ in it', () => {
    const { scaling } = runsModel(runs, describeCheck);
    expect(scaling.map(({ concurrency }) => concurrency)).toEqual([1, 4, 8]);
    expect(runsModel([RUN, RUN], describeCheck).scaling).toEqual([]);
  });

  it('say what forbids a comparison', () => {
    const { cautions } = runsModel([...runs, RUN], describeCheck);
    expect(cautions.join(' ')).toMatch(/Open and closed loops/);
  });
});

describe('markdown', () => {
  it('has the tables of the page, with texts made harmless', () => {
    const text = runMarkdown([RUN], describeCheck);
    expect(text).toMatch(/^# mixed \\<b\\>&": VALID, FAILED\n/);
    expect(text).toContain('| TOOL\\_ERROR | 40 | 0.2 % |');
    expect(text).toMatch(/\| response \| \d/);
    expect(text.endsWith('\n')).toBe(true);
  });
});
