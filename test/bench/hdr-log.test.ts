import { HistogramLogReader } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { HdrLog } from '../../src/bench/hdr-log.ts';
import { LatencyRecorder } from '../../src/bench/recorder.ts';

describe('HdrLog', () => {
  const log = new HdrLog(20_000);
  for (let i = 0; i < 3_000; i++) log.add('response', i, i + 1);
  log.add('service', 2_500, 777);
  const text = log.text(1_763_000_000_000, 3_000);

  it('is read by the log reader of HdrHistogram, interval by interval and tag by tag', () => {
    const reader = new HistogramLogReader(text);
    const read: unknown[] = [];
    for (let next = reader.nextIntervalHistogram(); next !== null; next = reader.nextIntervalHistogram())
      read.push([next.tag, next.totalCount, next.startTimeStampMsec, next.endTimeStampMsec, next.maxValue]);
    const base = 1_763_000_000_000;
    expect(read).toEqual([
      ['response', 1_000, base, base + 1_000, 1_000],
      ['response', 1_000, base + 1_000, base + 2_000, expect.closeTo(2_000, -1)],
      ['response', 1_000, base + 2_000, base + 3_000, expect.closeTo(3_000, -1)],
      ['service', 1, base + 2_000, base + 3_000, expect.closeTo(777, 0)],
    ]);
  });

  it('follows the format: comments, legend, and lines of Tag=name,start,length,max,base64 without blanks', () => {
    const lines = text.trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('#')).join('\n')).toMatch(
      /#\[Histogram log format version 1\.3\]\n#\[StartTime: 1763000000\.000 \(seconds since epoch\), .*\]\n#\[BaseTime: 1763000000\.000 \(seconds since epoch\)\]/,
    );
    expect(lines).toContain(
      '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    );
    const intervals = lines.filter((line) => line.startsWith('Tag='));
    expect(intervals).toHaveLength(4);
    for (const line of intervals)
      expect(line).toMatch(/^Tag=[a-z]+,\d+\.\d{3},1\.000,\d+\.\d{3},HISTF[\w+/]+=*$/);
    // The greatest value is in ms there: 1,000 µs are one.
    expect(intervals[0]).toMatch(/^Tag=response,0\.000,1\.000,1\.000,/);
  });

  it('has at most 2,000 intervals, however long the run', () => {
    const day = new HdrLog(86_400_000);
    for (let s = 0; s < 86_400; s += 30) day.add('response', s * 1_000, 100);
    const intervals = day.text(0, 86_400_000).match(/^Tag=/gm) ?? [];
    expect(intervals).toHaveLength(1_440);
    const endless = new HdrLog(Infinity);
    for (let s = 0; s < 5_000; s++) endless.add('response', s * 1_000, 100);
    expect((endless.text(0, 5_000_000).match(/^Tag=/gm) ?? []).length).toBeLessThanOrEqual(2_000);
  });
});

describe('percentileDistribution()', () => {
  it('is a .hgrm: a head, rows of value, percentile, count and 1/(1-p), and a foot that agrees', () => {
    const recorder = new LatencyRecorder();
    for (let us = 1; us <= 1_000; us++) recorder.record(us);
    const text = recorder.percentileDistribution();
    expect(text).toMatch(/^\s*Value\s+Percentile\s+TotalCount\s+1\/\(1-Percentile\)/);
    const rows = [...text.matchAll(/^\s*(\d+\.\d+)\s+(\d\.\d+)\s+(\d+)\s+(\d+\.\d+|inf|Infinity)?\s*$/gm)];
    expect(rows.length).toBeGreaterThan(10);
    for (const [, value, percentile, count] of rows) {
      // Values 1 to 1,000 µs, one each: the value in ms, the rank and the percentile are one number.
      expect(Number(value) * 1_000).toBeCloseTo(Number(count), 0);
      expect(Number(count) / 1_000).toBeGreaterThanOrEqual(Number(percentile) - 1e-9);
    }
    expect(text).toMatch(/#\[Mean\s+=\s+0\.50\d*, StdDeviation\s+=/);
    expect(text).toMatch(/#\[Max\s+=\s+1\.000, Total count\s+=\s+1000\]/);
  });
});
