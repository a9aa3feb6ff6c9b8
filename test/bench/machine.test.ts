import { describe, expect, it } from 'vitest';
import { maskSecret, readEnvironment, readMachineTimes } from '../../src/bench/machine.ts';
import { createProcessProbe } from '../../src/bench/process-probe.ts';

describe('maskSecret()', () => {
  it.each([
    ['--token=abc', '--token=***'],
    ['--api-key=abc', '--api-key=***'],
    ['https://me:pw@host/path', 'https://***@host/path'],
    ['authorization: Bearer abc', 'authorization: ***'],
    ['x-api-key: abc', 'x-api-key: ***'],
    ['--scenario=tools', '--scenario=tools'],
    ['content-type: application/json', 'content-type: application/json'],
  ])('%s becomes %s', (argument, masked) => {
    expect(maskSecret(argument)).toBe(masked);
  });
});

describe('readEnvironment()', () => {
  it('tells the machine and the versions', async () => {
    const env = await readEnvironment(createProcessProbe(), ['--token=abc']);
    expect(env.cores_n).toBeGreaterThan(0);
    expect(env.node).toMatch(/^v\d+/);
    expect(env.argv).toEqual(['--token=***']);
  });
});

describe('readMachineTimes()', () => {
  it.runIf(process.platform === 'linux')('counts no more than all cores since boot', () => {
    const times = readMachineTimes();
    expect(times?.busyMs).toBeGreaterThan(0);
    expect(times?.totalMs).toBeGreaterThanOrEqual(times?.busyMs ?? Infinity);
  });
});
