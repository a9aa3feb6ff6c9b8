import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/cli/settings-flags.ts';
import { EnclaveError } from '../../src/errors.ts';
import { variableOf } from '../../src/settings/layers.ts';
import { PRESETS } from '../../src/settings/presets.ts';
import { FIELDS, SETTING_NAMES, settingsSchema } from '../../src/settings/settings.ts';
import { captureIo } from '../cli/test-io.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enclave-settings-'));
});
afterEach(() => rm(folder, { recursive: true }));

const file = (name: string, text: string) => writeFile(join(folder, name), text);
const read = (flags: Record<string, unknown> = {}, env: Record<string, string> = {}) =>
  readSettings(flags, captureIo({ cwd: folder, env }).io);
async function problemsOf(reading: Promise<unknown>): Promise<string[]> {
  const error = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof EnclaveError)) throw new Error(`expected an EnclaveError, got ${String(error)}`);
  expect(error.code).toBe('INVALID_INPUT');
  return error.problems.map(({ path, message }) => `${path}: ${message}`);
}

describe('readSettings()', () => {
  it('is made of defaults when nothing is given', async () => {
    const { settings, sources } = await read();
    expect(settings['server.port']).toBe(3_001);
    expect(settings['redis.url']).toBeUndefined();
    expect(new Set([...sources.values()].map(({ kind }) => kind))).toEqual(new Set(['default']));
  });

  it('takes the strongest: defaults, preset, file, environment, flags', async () => {
    await file(
      'enclave.config.yaml',
      'preset: medium\nstream: {clientBuffer: 7, heartbeat: 7s}\nserver: {readTimeout: 7s, idleTimeout: 7s}\n',
    );
    const { settings, sources } = await read(
      { port: '9', set: ['stream.heartbeat=9s'] },
      { ENCLAVE_STREAM_HEARTBEAT: '8s', ENCLAVE_SERVER_READ_TIMEOUT: '8s', ENCLAVE_SERVER_PORT: '8' },
    );
    const of = (name: keyof typeof settings) => [settings[name], sources.get(name)?.kind];
    expect(of('server.drain')).toEqual([10_000, 'default']);
    expect(of('server.writeTimeout')).toEqual([120_000, 'preset']);
    expect(of('server.idleTimeout')).toEqual([7_000, 'file']);
    expect(of('stream.clientBuffer')).toEqual([7, 'file']);
    expect(of('server.readTimeout')).toEqual([8_000, 'env']);
    expect(of('stream.heartbeat')).toEqual([9_000, 'flag']);
    expect(of('server.port')).toEqual([9, 'flag']);
    expect(sources.get('server.readTimeout')?.name).toBe('ENCLAVE_SERVER_READ_TIMEOUT');
    expect(sources.get('stream.heartbeat')?.name).toBe('--set stream.heartbeat');
  });

  it.each([
    ['file', 'small', {}, {}],
    ['environment', 'medium', { ENCLAVE_PRESET: 'medium' }, {}],
    ['flag', 'large', { ENCLAVE_PRESET: 'medium' }, { preset: 'large' }],
  ] as const)('takes the strongest preset: %s', async (_name, preset, env, flags) => {
    await file('enclave.config.yaml', 'preset: small');
    const { settings } = await read(flags, env);
    expect(settings).toMatchObject(PRESETS[preset]);
  });

  it('reads a TypeScript file, and dotted names', async () => {
    await file(
      'enclave.config.ts',
      `interface C { 'log.level': string }\nexport const config = { 'log.level': 'info', limits: { cpuMs: 50 } } satisfies C & object;`,
    );
    const { settings, sources } = await read();
    expect(settings['log.level']).toBe('info');
    expect(settings.limits).toEqual({ cpuMs: 50 });
    expect(sources.get('log.level')).toEqual({ kind: 'file', name: 'enclave.config.ts' });
  });

  it('reads labels, lists, rules and the pool from text and from structures alike', async () => {
    const asText = await read(
      {},
      {
        ENCLAVE_RUNTIME_LABELS: 'region=eu,tier=standard',
        ENCLAVE_REDIS_CLUSTER: 'a:1, b:2',
        ENCLAVE_ROUTING_RULES: 'priority=high:tier=premium gpu=yes:gpu=a100',
        ENCLAVE_POOL: '{"driver":"none","maxSize":3}',
      },
    );
    await file(
      'enclave.config.yaml',
      `runtime: {labels: {region: eu, tier: standard}}
redis: {cluster: ['a:1', 'b:2']}
routing: {rules: [{match: {priority: high}, target: {tier: premium}}, 'gpu=yes:gpu=a100']}
pool: {driver: none, maxSize: 3}`,
    );
    expect((await read()).settings).toEqual(asText.settings);
  });

  it('tells every problem of every source at once, with the nearest name', async () => {
    await file(
      'enclave.config.yaml',
      'server: {prot: 1, readTimeout: 5}\nstraem: {heartbeat: 1s}\nlimits: {cpuMss: 1}\nstream: {clientBuffer: 0}\nlog: loud\npool: {minSise: 1}',
    );
    const problems = await problemsOf(
      read({ set: ['x', 'redis.urll=1'], port: '-1' }, { ENCLAVE_SERVER_PROT: '1', ENCLAVE_STORE: 'disk' }),
    );
    const all = problems.join('\n');
    expect(problems).toHaveLength(11);
    expect(all).toMatch(
      /^enclave\.config\.yaml: server\.prot: unknown key; did you mean "server\.port"\?$/mu,
    );
    expect(all).toMatch(/^enclave\.config\.yaml: straem.*unknown key/mu);
    expect(all).toMatch(/^enclave\.config\.yaml: limits: .*no such limit/mu);
    expect(all).toMatch(/^enclave\.config\.yaml: stream\.clientBuffer: expected a whole number from 1/mu);
    expect(all).toMatch(/^enclave\.config\.yaml: log: unknown key/mu);
    expect(all).toMatch(/^enclave\.config\.yaml: pool: .*did you mean "minSize"/mu);
    expect(all).toMatch(/^--set: expected name=value, got "x"$/mu);
    expect(all).toMatch(/^--set redis\.urll: unknown key; did you mean "redis\.url"\?$/mu);
    expect(all).toMatch(/^--port: expected a whole number from 0 to 65535, got "-1"$/mu);
    expect(all).toMatch(/^ENCLAVE_SERVER_PROT: unknown variable; did you mean "ENCLAVE_SERVER_PORT"\?$/mu);
    expect(all).toMatch(/^ENCLAVE_STORE: expected memory or sqlite:FILE/mu);
  });

  it('checks a weak source also where a strong one overrules it', async () => {
    const problems = await problemsOf(read({ port: '1' }, { ENCLAVE_SERVER_PORT: 'x' }));
    expect(problems).toEqual([expect.stringMatching(/^ENCLAVE_SERVER_PORT: /u)]);
  });

  it('passes over what Kubernetes puts into the environment of a pod', async () => {
    const { settings } = await read(
      {},
      {
        ENCLAVE_SERVER_SERVICE_HOST: '10.0.0.1',
        ENCLAVE_SERVER_SERVICE_PORT_HTTP: '80',
        ENCLAVE_SERVER_PORT_80_TCP_ADDR: '10.0.0.1',
        ENCLAVE_SERVER_PORT: 'tcp://10.0.0.1:80',
        ENCLAVE_API_KEY: 'k',
      },
    );
    expect(settings['server.port']).toBe(3_001);
  });

  it('refuses two files of the usual names, one that is missing, and one that is no YAML', async () => {
    await file('enclave.config.yaml', '');
    expect((await read()).settings['server.port']).toBe(3_001);
    await file('enclave.config.ts', 'export default {}');
    await expect(read()).rejects.toThrow(/one configuration file/u);
    await expect(read({ config: 'none.yaml' })).rejects.toMatchObject({ code: 'FILE_NOT_READABLE' });
    await file('bad.yaml', 'a: [');
    await expect(read({ config: 'bad.yaml' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await file('list.yaml', '[1]');
    expect(await problemsOf(read({ config: 'list.yaml' }))).toHaveLength(1);
  });
});

describe('the table of settings', () => {
  it('has defaults and presets that its own schema takes', () => {
    const defaults = SETTING_NAMES.map((name) => [name, FIELDS[name].fallback] as const);
    expect(
      settingsSchema.safeParse(Object.fromEntries(defaults.filter(([, value]) => value !== undefined)))
        .success,
    ).toBe(true);
    for (const preset of Object.values(PRESETS)) expect(settingsSchema.safeParse(preset).success).toBe(true);
  });

  it('names a variable for each, all different', () => {
    const variables = SETTING_NAMES.map(variableOf);
    expect(new Set(variables).size).toBe(variables.length);
    expect(variableOf('stream.clientBuffer')).toBe('ENCLAVE_STREAM_CLIENT_BUFFER');
  });

  it('has the profiles of the Enzyme guide', () => {
    // Its tables "Medium" and "Large"; cache_size is in KiB for each of max_open_conns connections, here there is one.
    expect(PRESETS.medium).toMatchObject({
      'sqlite.busyTimeout': 10_000,
      'sqlite.cacheSize': 4 * 16_000 * 1_024,
      'sqlite.mmapSize': 134_217_728,
      'server.readTimeout': 60_000,
      'server.writeTimeout': 120_000,
      'server.idleTimeout': 120_000,
      'stream.clientBuffer': 512,
      'telemetry.sampleRate': 0.5,
    });
    expect(PRESETS.large).toMatchObject({
      'sqlite.busyTimeout': 15_000,
      'sqlite.cacheSize': 8 * 64_000 * 1_024,
      'sqlite.mmapSize': 1_073_741_824,
      'server.idleTimeout': 300_000,
      'stream.heartbeat': 20_000,
      'stream.clientBuffer': 1_024,
      'telemetry.sampleRate': 0.1,
    });
  });
});
