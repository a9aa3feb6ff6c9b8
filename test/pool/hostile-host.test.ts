import { describe, expect, it } from 'vitest';
import type { HostLauncher } from '../../src/pool/host-launcher.ts';
import { parseUpBatch } from '../../src/pool/messages.ts';
import { type PoolOptions, resolvePoolOptions } from '../../src/pool/options.ts';
import { Pool } from '../../src/pool/pool.ts';

const USAGE = { durationMs: 1, cpuMs: 1, consoleBytes: 0, logsTruncated: false };

/** Shapes that no batch has. */
const MALFORMED: Record<string, unknown> = {
  'no list': 'hello',
  'no message': [7],
  'an unknown message': [['shell', 1]],
  'a negative id': [['started', -1]],
  'an id that is a text': [['started', '1']],
  'a log level of its own': [['log', 1, 'root', 'text', 1]],
  'a call without arguments': [['call', 1, 1, 'tool']],
  'a tool name of 300 characters': [['call', 1, 1, 'x'.repeat(300), '{}']],
  'an outcome code of its own': [['done', 1, false, { code: 'ROOT', name: '', message: '' }, USAGE]],
  'a prototype as outcome code': [['done', 1, false, { code: '__proto__', name: '', message: '' }, USAGE]],
  'an endless time': [['done', 1, true, '1', { ...USAGE, cpuMs: Number.POSITIVE_INFINITY }]],
  'no usage': [['done', 1, true, '1']],
};

/** Well formed and still a lie. Sent after a lawful tool call, so that the execution is not simply run again. */
const FORGERIES: Record<string, unknown> = {
  'a message that is none': [['shell', '$id']],
  'an id that was never issued': [['started', 999]],
  'a call number used before': [['call', '$id', 1, 'tool', '{}']],
  'arguments that are not JSON': [['call', '$id', 2, 'tool', '{']],
  'arguments over the limit': [['call', '$id', 2, 'tool', JSON.stringify('x'.repeat(2_000))]],
  'a second hello': [['hello', 1, 1]],
};

describe('parseUpBatch()', () => {
  for (const [name, batch] of Object.entries(MALFORMED))
    it(`refuses ${name}`, () => expect(parseUpBatch(batch)).toBeUndefined());

  it('accepts what a host says', () => {
    const batch = [
      ['started', 1],
      ['done', 1, true, '1', USAGE],
    ];
    expect(parseUpBatch(batch)).toBe(batch);
  });
});

describe('a host process that breaks the protocol', () => {
  for (const [name, batch] of Object.entries(FORGERIES))
    it(`is killed for ${name}, and its execution gets an outcome`, async () => {
      await using pool = fakePool([[['call', '$id', 1, 'tool', '{}']], batch]);
      const { error } = await pool.execute({ source: 'return 1' });
      expect(error?.code).toBe('INTERRUPTED');
      expect(pool.stats().lost).toBe(1);
    });

  it('cannot hand in a result over the limit, or one that is not JSON', async () => {
    await using large = fakePool([[['done', '$id', true, '"xxxxxxxxxx"', USAGE]]], {
      limits: { maxResultBytes: 8 },
    });
    expect((await large.execute({ source: 'return 1' })).error?.code).toBe('SANDBOX_CRASHED');
    await using broken = fakePool([[['done', '$id', true, '{', USAGE]]]);
    expect((await broken.execute({ source: 'return 1' })).error?.code).toBe('SANDBOX_CRASHED');
  });

  it('ends what waits when no host comes up, and tells why', async () => {
    await using pool = fakePool([], {}, 'test/fixtures/programs/broken-host.ts');
    const { error } = await pool.execute({ source: 'return 1' });
    expect(error).toMatchObject({ code: 'INTERRUPTED', message: expect.stringMatching(/exit code 3/u) });
    const fault = { code: 'HOST_START_FAILED', cause: 'the engine does not load\n' };
    await expect(pool.ready()).rejects.toMatchObject(fault);
    await expect(pool.execute({ source: 'return 1' })).rejects.toMatchObject(fault);
  });

  it('counts memory over the bound of the host as it counts a crash', async () => {
    await using pool = fakePool([['mark'], [['overdue', '$id', 'memory']]]);
    for (const code of ['MEMORY_LIMIT', 'MEMORY_LIMIT', 'QUARANTINED'])
      expect((await pool.execute({ source: 'return 1' })).error?.code).toBe(code);
    expect((await pool.execute({ source: 'return 2' })).error?.code).toBe('MEMORY_LIMIT');
  });
});

function fakePool(
  batches: readonly unknown[],
  options: PoolOptions = {},
  program = 'test/fixtures/programs/fake-host.ts',
): Pool {
  const launcher: HostLauncher = {
    url: new URL(`../../${program}`, import.meta.url),
    execPath: process.execPath,
    execArgv: [`--title=${JSON.stringify(batches)}`],
  };
  const limits = { maxToolArgBytes: 1_000, ...options.limits };
  const handler = (): Promise<never> => new Promise(() => undefined);
  return new Pool(
    resolvePoolOptions({ poolSize: 1, toolHandler: handler, ...options, limits }),
    () => launcher,
  );
}
