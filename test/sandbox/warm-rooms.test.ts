import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const program = new URL('../fixtures/programs/warm-rooms.ts', import.meta.url).pathname;

describe('warm isolates', () => {
  it('go after a minute without work, and beyond sixteen idle ones, but never while an execution is live', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--no-node-snapshot', program]);
    expect(JSON.parse(stdout)).toEqual({
      afterLess: [false, false],
      afterMinute: [true, false],
      isReplaced: true,
      // Sixteen with that of `busy`: that of `idle` and those of the first two tenants are gone.
      oldestIsGone: 2,
      kept: 15,
    });
  });
});
