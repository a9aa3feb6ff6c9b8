import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { SETTING_NAMES } from '../../src/settings/settings.ts';
import { captureIo } from './test-io.ts';

describe('enclave config print', () => {
  it('shows every setting, its value and where it comes from, and no secret', async () => {
    const { io, out, status } = captureIo({
      env: { ENCLAVE_REDIS_PASSWORD: 'hunter2', ENCLAVE_STREAM_HEARTBEAT: '20s' },
    });
    const args = ['config', 'print', '--redis', 'redis://:hunter2@db:6379', '--preset', 'large'];
    await main(args, io);
    expect(status()).toBe(0);
    for (const name of SETTING_NAMES) expect(out()).toContain(` ${name} `);
    expect(out()).toMatch(/stream\.heartbeat .* 20 s .* ENCLAVE_STREAM_HEARTBEAT/u);
    expect(out()).toMatch(/server\.idleTimeout .* 5 min .* preset large/u);
    expect(out()).toMatch(/sqlite\.mmapSize .* 1 GiB .* preset large/u);
    expect(out()).toContain('redis://:[secret]@db:6379');
    expect(out()).not.toContain('hunter2');
  });

  it('shows the same as JSON', async () => {
    const { io, out } = captureIo({ env: { ENCLAVE_REDIS_PASSWORD: 'hunter2' } });
    await main(['config', 'print', '--json', '--port', '0', '--label', 'a=b', 'c=d'], io);
    const shown = JSON.parse(out()) as { schemaVersion: number; settings: Record<string, unknown> };
    expect(shown.schemaVersion).toBe(1);
    expect(Object.keys(shown.settings)).toEqual(SETTING_NAMES);
    expect(shown.settings['server.port']).toEqual({ value: 0, source: 'flag', from: '--port' });
    expect(shown.settings['runtime.labels']).toMatchObject({ value: { a: 'b', c: 'd' } });
    expect(shown.settings['redis.password']).toEqual({
      value: '[secret]',
      source: 'env',
      from: 'ENCLAVE_REDIS_PASSWORD',
    });
    expect(shown.settings['server.host']).toEqual({ value: '127.0.0.1', source: 'default' });
  });

  it.each([
    ['config print', ['config', 'print']],
    ['serve', ['serve']],
    ['broker', ['broker']],
    ['runtime', ['runtime']],
  ])('ends with status 2 and every problem: %s', async (_name, command) => {
    const { io, err, status } = captureIo({ env: { ENCLAVE_LOG_LEVEL: 'loud' } });
    await main([...command, '--set', 'server.prot=1', '--metrics-port', 'x'], io);
    expect(status()).toBe(2);
    expect(err()).toMatch(/ENCLAVE_LOG_LEVEL: expected one of trace.*"loud"/u);
    expect(err()).toMatch(/did you mean "server\.port"/u);
    expect(err()).toMatch(/--metrics-port: /u);
  });

  it('tells what a broker and a runtime cannot do without', async () => {
    const broker = captureIo();
    await main(['broker'], broker.io);
    expect([broker.status(), broker.err()]).toEqual([
      2,
      expect.stringContaining('--redis: expected a Redis'),
    ]);
    const runtime = captureIo();
    await main(['runtime'], runtime.io);
    expect([runtime.status(), runtime.err()]).toEqual([
      2,
      expect.stringContaining('--broker: expected URLs'),
    ]);
    const both = captureIo({ env: { ENCLAVE_REDIS_CLUSTER: 'a:1' } });
    await main(['broker', '--redis', 'redis://h'], both.io);
    expect([both.status(), both.err()]).toEqual([2, expect.stringContaining('expected one of url')]);
    const keys = captureIo();
    await main(['serve', '--api-key-file', 'x'], keys.io);
    expect([keys.status(), keys.err()]).toEqual([
      2,
      expect.stringContaining('--runtime-token-file together'),
    ]);
  });
});
