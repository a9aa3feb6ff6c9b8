// The same script on the built pool in this process: what a session costs without a fleet.
import type { Isolation } from '../../src/execution.ts';

const WARM_UP = 300;

const { createPool } = (await import(
  new URL('../../dist/index.js', import.meta.url).href
)) as typeof import('../../src/index.ts');

/** Median of one execution at a time, ms. */
export async function localP50Ms(isolation: Isolation, source: string, seconds: number): Promise<number> {
  await using pool = createPool({ poolSize: 1, isolation });
  await pool.ready();
  for (let i = 0; i < WARM_UP; i++) await pool.execute({ source });
  const latencies: number[] = [];
  const endMs = performance.now() + seconds * 1_000;
  for (let startMs = performance.now(); startMs < endMs; startMs = performance.now()) {
    const { success } = await pool.execute({ source });
    if (!success) throw new Error('the script failed');
    latencies.push(performance.now() - startMs);
  }
  return latencies.sort((a, b) => a - b)[Math.floor(latencies.length / 2)] ?? Number.NaN;
}
