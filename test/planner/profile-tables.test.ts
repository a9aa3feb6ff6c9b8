// The expected numbers are the guides' own figures, or worked out by hand from them (planner-published.json, seed_arithmetic).
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parsePublishedPlan } from '../../src/planner/check/check-plan.ts';
import type { Cell } from '../../src/planner/profiles/profile-table.ts';
import { profileTables } from '../../src/planner/profiles/profile-tables.ts';

const profile = (name: string) =>
  parsePublishedPlan(
    JSON.parse(readFileSync(new URL(`../../catalogue/profiles/${name}.json`, import.meta.url), 'utf8')),
  );

/** The cells of one column, of the table whose title begins so. */
function column(guide: string, title: string, name: string): readonly (Cell | undefined)[] {
  const table = profileTables(profile(guide)).find((candidate) => candidate.title.startsWith(title));
  const at = table?.columns.findIndex((candidate) => candidate.name === name) ?? -1;
  expect(at, `${guide}: ${title}: ${name}`).toBeGreaterThanOrEqual(0);
  return table?.rows.map((row) => row[at]) ?? [];
}

function near(cells: readonly (Cell | undefined)[], expected: readonly number[], digits = 3): void {
  expect(cells).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) expect(Number(cells[index])).toBeCloseTo(value, digits);
}

describe('profileTables()', () => {
  it('gives the pool sizes of the Enclave guide: 2 workers for 1 core, 12 for 8', () => {
    expect(column('enclave', 'Pool size', 'mixed')).toEqual([2, 3, 6, 12, 24]);
    expect(column('enclave', 'Pool size', 'tool calls')).toEqual([2, 4, 8, 16, 32]);
  });

  it('gives its speed-ups, its load under way by Little, and a fleet of 2 + 1', () => {
    near(column('enclave', 'Throughput', 'speed-up'), [2.4, 2.5]);
    near(column('enclave', 'Throughput', 'ceiling, /s'), [4_000, 2_000]);
    near(column('enclave', 'Executions under way', 'in flight'), [7.5, 10]);
    near(column('enclave', 'A fleet', 'peak, /s'), [173.611, 173.611]);
    near(column('enclave', 'A fleet', 'raw').slice(1), [1.24008]);
    expect(column('enclave', 'A fleet', 'N + 1')).toEqual([2, 3]);
    near(column('enclave', 'Limits', 'means'), [3.3333, 2_000, 4_000, 0.5]);
  });

  it('gives the EyeFlow table from its load test, rounded once, and by its two other capacities', () => {
    expect(column('eyeflow', 'Instances', 'required')).toEqual([1, 3, 30, 300, 3_000]);
    expect(column('eyeflow', 'Instances', 'load test')).toEqual([1, 3, 25, 250, 2_500]);
    expect(column('eyeflow', 'Instances', 'with idle share')).toEqual([1, 1, 9, 85, 848]);
    expect(column('eyeflow', 'Instances', 'at 3,333/s')).toEqual([1, 1, 1, 1, 4]);
    expect(column('eyeflow', 'Instances', 'hardware').at(-1)).toBe('r5.4xlarge');
  });

  it('gives the costs, the growth and both examples of EyeFlow', () => {
    near(column('eyeflow', 'Cost', 'USD/million'), [833.333, 433.333, 400, 233.333, 216.667]);
    near(column('eyeflow', 'Cost', 'marginal, USD').slice(1), [0.01, 0.011, 0.00575, 0.006], 6);
    near(column('eyeflow', 'Growth', 'a day').slice(-1), [273_972.6], 1);
    near(column('eyeflow', 'Growth', 'USD each'), [6_000, 6_000, 6_000, 6_000]);
    expect(column('eyeflow', 'Growth', 'load test')).toEqual([1, 1, 1, 1]);
    near(column('eyeflow', 'Example: machines', 'headroom at 3,333/s'), [0.985]);
    near(column('eyeflow', 'Example: a shop', 'USD/month'), [34_761.9], 1);
  });

  it('gives the workers of every Azcore size and replays its autoscaler: 4, 9, 18, 36, 50', () => {
    const workers = profileTables(profile('azcore'))[0]?.rows.map((row) => [row[3], row[4]]);
    expect(workers).toEqual([
      [2, 2],
      [4, 4],
      [8, 8],
      [16, 16],
    ]);
    const pods = column('azcore', 'Autoscaler', 'pods');
    expect([...new Set(pods)]).toEqual([4, 9, 18, 36, 50]);
    near(column('azcore', 'What its scaling', 'means'), [16.6667, 5_000, 500, 10]);
  });

  it('sizes the 5M of StrataRouter at 0.01157 instances, not 2, and lists its deployments', () => {
    near(column('stratarouter', 'Sizing', 'peak, /s'), [173.611]);
    near(column('stratarouter', 'Sizing', 'raw'), [0.01157], 5);
    expect(column('stratarouter', 'Sizing', 'N')).toEqual([1]);
    near(column('stratarouter', 'Deployments', 'each, /s'), [5_000, 16_666.667, 20_000, 20_000]);
    expect(column('stratarouter', 'Deployments', 'N by formula')).toEqual([1, 4, 14, 67]);
    near(column('stratarouter', 'Deployments', 'USD/h each'), [0.137, 0.137, 0.137, 0.137]);
  });

  it('adds up the memory of the Enzyme boxes: 2.63 and 21.0 GiB by its sum, 0.32 and 2.25 with shared events', () => {
    near(column('enzyme', 'Memory', 'its sum'), [2.62744, 21.01953], 4);
    near(column('enzyme', 'Memory', 'shared events'), [0.3195, 2.251], 3);
    expect(column('enzyme', 'Memory', 'fits by its sum')).toEqual(['yes', 'no']);
    near(column('enzyme', 'Defaults', 'formula'), [4.096, 81.92, 16.384]);
    // 20,000 x (1,024 x 24 + 16,384) B = 781.25 MiB; 8 x 64,000 KiB + 1,024 MiB = 1,524 MiB.
    near(column('enzyme', 'Its profiles', 'floor'), [10.742, 136.719, 781.25], 2);
    near(column('enzyme', 'Its profiles', 'reclaimable'), [3.90625, 190.5, 1_524], 2);
    near(column('enzyme', 'Users', 'users per vCPU'), [500, 1_250, 2_500]);
  });

  it('makes no table from facts that are missing', () => {
    expect(profileTables({ name: 'mine', source: 'here', facts: { hpaMin: 2 } })).toEqual([]);
  });
});
