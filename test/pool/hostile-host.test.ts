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

/** Well formed and still a lie; sent after a lawful tool call. */
const FORGERIES: Record<string, unknown> = {
  'a message that is none': [['shell', '$id']],
  'an id that was never issued': [['started', 999]],
  'a call number used before': [['call', '$id', 1, 'tool', '{}']],
  'arguments that are not JSON': [['call', '$id', 2, 'tool', '{']],
  'arguments over the limit': [['call', '$id', 2, 'tool', JSON.stringify('x'.repeat(2_000))]],
  'a second hello': [['hello', 1, 1]],
};

/** Results that no worker hands in; the limit is 8 bytes. */
const BAD_RESULTS: Record<string, unknown> = {
  'a result over the limit': [['done', '$id', true, '"xxxxxxxxxx"', USAGE]],
  'a result that is not JSON': [['done', '$id', true, '{', USAGE]],
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
  const call = [['call', '$id', 1, 'tool', '{}']];

  for (const [name, batch] of Object.entries({ ...FORGERIES, ...BAD_RESULTS }))
    it(`is killed for ${name}, and the script that had it to itself is blamed`, async () => {
      await using pool = fakePool([call, batch], { limits: { maxResultBytes: 8 } });
      for (const code of ['SANDBOX_CRASHED', 'SANDBOX_CRASHED', 'QUARANTINED'])
        expect((await pool.execute({ source: 'return 1' })).error?.code).toBe(code);
      expect(pool.stats().lost).toBe(2);
    });

  it('gets no innocent script blamed: each is run again in a host of its own, where the guilty one shows itself', async () => {
    // The mark says that it was the first one, which it was not.
    await using pool = fakePool([['mark'], [['shell', 1]]]);
    await pool.ready();
    const innocent = pool.execute({ source: 'innocent', tenant: 'a' });
    const guilty = pool.execute({ source: 'guilty', tenant: 'b' });
    expect((await guilty).error).toMatchObject({
      code: 'SANDBOX_CRASHED',
      message: expect.stringMatching(/alone/u),
    });
    expect((await innocent).value).toBe(1);
    expect(pool.stats().lost).toBe(2);
  });

  it('lets a script that had called tools end, and gives it a host of its own when it comes again', async () => {
    await using pool = fakePool([call, [['shell', 1]]]);
    await pool.ready();
    for (const code of ['INTERRUPTED', 'SANDBOX_CRASHED', 'SANDBOX_CRASHED', 'QUARANTINED']) {
      const innocent = pool.execute({ source: 'innocent', tenant: 'a' });
      const guilty = await pool.execute({ source: 'guilty', tenant: 'b' });
      expect(guilty.error?.code).toBe(code);
      if (code === 'INTERRUPTED')
        expect(guilty.error?.message).toBe(
          'the host process broke the protocol; not run again: this script had called tools',
        );
      expect((await innocent).value).toBe(1);
    }
    expect(pool.stats().lost).toBe(3);
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

  it('makes no start snapshot any more where one has ended a host, and blames nobody for it', async () => {
    await using pool = fakePool([['snapshot']]);
    for (let i = 0; i < 3; i++) expect((await pool.execute({ source: 'return 1' })).value).toBe('without');
    expect(pool.stats().lost).toBe(1);
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
