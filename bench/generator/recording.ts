// What recording costs: CPU time of one value, memory of ten million executions.
import { HdrLog } from '../../src/bench/hdr-log.ts';
import { LatencyRecorder } from '../../src/bench/recorder.ts';
import { RunRecorder } from '../../src/bench/run-recorder.ts';
import { WarmupHold } from '../../src/bench/warmup-hold.ts';
import { drawUniform } from '../../src/clock.ts';

const VALUES = 1 << 16;
const RECORDED = 2e7;
const SAMPLES = 1e7;

/** ns of CPU time for one recorded value, log-uniform from 1 µs to 160 ms. */
export function measureRecording(): number {
  const values = Float64Array.from({ length: VALUES }, (_, index) => Math.exp(drawUniform(1, 0, index) * 12));
  const recorder = new LatencyRecorder();
  const record = (count: number): void => {
    for (let index = 0; index < count; index++) recorder.record(values[index & (VALUES - 1)] ?? 0);
  };
  record(1e6);
  const before = process.cpuUsage();
  record(RECORDED);
  const { system, user } = process.cpuUsage(before);
  return ((user + system) * 1_000) / RECORDED;
}

/** Growth of resident memory while ten million executions of an hour are recorded, warm-up held back and log kept, MB. */
export function measureMemory(): number {
  const before = process.memoryUsage.rss();
  const hold = new WarmupHold({ index: 0, fromMs: 0, durationMs: 3_600_000 });
  const log = new HdrLog(3_600_000);
  const recorder = new RunRecorder({ phaseNames: ['steady'], durationMs: 3_600_000, hold, log });
  for (let index = 0; index < SAMPLES; index++) {
    const intendedMs = index * 0.36;
    recorder.arrive(intendedMs);
    recorder.add({
      index,
      phase: 0,
      measured: true,
      script: 'one',
      tenant: 'default',
      intendedMs,
      startMs: intendedMs + 0.01,
      endMs: intendedMs + 20 * drawUniform(2, 0, index),
      end: { kind: 'ok' },
    });
  }
  recorder.settle(3_600_000);
  return (process.memoryUsage.rss() - before) / 1e6;
}
