// Limits that operators set by flags: over those of the configuration file, under what a caller may ask for.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { brokerCommand } from '../../src/cli/commands/broker.ts';
import { runtimeCommand } from '../../src/cli/commands/runtime.ts';
import { serveCommand } from '../../src/cli/commands/serve.ts';
import { readSettings } from '../../src/cli/settings-flags.ts';
import { EnclaveClient } from '../../src/client/client.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import { EnclaveRuntime } from '../../src/enclave-runtime.ts';
import { LIMITS, lowerLimits } from '../../src/limits.ts';
import { createLinkPair } from '../../src/protocol/link.ts';
import { captureIo } from './test-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'enclave-ceilings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('limit flags of operators', () => {
  it.each([serveCommand, brokerCommand, runtimeCommand])(
    'are there for every limit but the queue: %o',
    (make) => {
      const help = make(captureIo().io).helpInformation();
      expect(help).toContain('a caller may only lower them');
      // One for each limit that `enclave run` has.
      for (const flag of ['--timeout', '--cpu-time', '--memory', '--max-tool-calls', '--max-error'])
        expect(help).toContain(`${flag} <`);
      const flags = help.slice(help.indexOf('a caller may only lower them')).match(/^ {2}--/gmu);
      expect(flags).toHaveLength(Object.keys(LIMITS).length - 1);
    },
  );

  it('overrule the file one by one', async () => {
    const config = join(folder, 'enclave.config.yaml');
    writeFileSync(config, 'limits:\n  wallMs: 9000\n  memoryMb: 64\n');
    const { settings } = await readSettings({ config, timeout: '5s', maxToolCalls: '7' }, captureIo().io);
    expect(settings.limits).toEqual({ wallMs: 5_000, memoryMb: 64, maxToolCalls: 7 });
  });

  it('are refused together with all that is wrong', async () => {
    const wrong = readSettings(
      { timeout: 'soon', memory: '1KiB', set: ['limits={"cpuMs":5}'] },
      captureIo().io,
    );
    await expect(wrong).rejects.toMatchObject({
      problems: [{ path: '--timeout' }, { path: '--memory' }],
    });
    const both = readSettings({ timeout: '1s', set: ['limits={"cpuMs":5}'] }, captureIo().io);
    await expect(both).rejects.toMatchObject({ problems: [{ path: '--set' }] });
  });
});

describe('lowerLimits()', () => {
  it('takes the lower of both, and leaves what has no ceiling', () => {
    expect(lowerLimits({ cpuMs: 500, wallMs: 10 }, { cpuMs: 100, wallMs: 50, memoryMb: 16 })).toEqual({
      cpuMs: 100,
      wallMs: 10,
      memoryMb: 16,
    });
    expect(lowerLimits({ cpuMs: 5 }, {})).toEqual({ cpuMs: 5 });
  });

  it('binds a runtime, whatever its broker allows', async () => {
    await using broker = new EnclaveBroker({ limits: { cpuMs: 60_000, wallMs: 60_000 } });
    const { url } = await broker.listen(0);
    await using runtime = new EnclaveRuntime({ workerPool: { size: 1, limits: { cpuMs: 40 } } });
    const { broker: near, runtime: far } = createLinkPair();
    broker.acceptRuntime(near);
    await runtime.attach(far);
    const { final } = await new EnclaveClient({ serverUrl: url }).run({ code: 'for (;;) {}' });
    expect(final).toMatchObject({ ok: false, error: { code: 'CPU_TIMEOUT' } });
  });
});
