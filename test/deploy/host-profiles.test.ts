import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHost } from '../../src/cli/read-host.ts';
import { checkHost, type HostFacts } from '../../src/deploy/host-profiles.ts';
import { checkRedis, type RedisCheck, type RedisSettings } from '../../src/deploy/redis-checks.ts';
import { cli } from '../cli/cli.ts';
import { freePort, hasRedis, startRedis } from '../support/redis-server.ts';

const PLENTY: HostFacts = {
  cores: 8,
  memoryBytes: 15.5 * 2 ** 30,
  openFiles: 65_536,
  somaxconn: 4_096,
  tcpPressurePages: 80_000,
  calmHugePages: 1,
  kernel: 6_001,
  nodeMajor: 24,
  prlimit: 1,
  permissionModel: 1,
};

describe('checkHost()', () => {
  it('finds nothing short on a host that has what the largest size needs', () => {
    expect(checkHost(PLENTY, 'xlarge').filter(({ state }) => state !== 'ok')).toEqual([]);
  });

  it('asks for as many open files as the published Large box sets: 65,536', () => {
    const files = checkHost({ ...PLENTY, openFiles: 1_024 }, 'large').find(({ id }) => id === 'openFiles');
    expect(files).toMatchObject({ needed: 65_536, state: 'low', shortBy: 64_512 });
  });

  it('finds the tcp_mem of the published guide too low for its own 20,000 clients', () => {
    const memory = checkHost({ ...PLENTY, tcpPressurePages: 75_000 }, 'large');
    expect(memory.find(({ id }) => id === 'tcpPressurePages')).toMatchObject({ shortBy: 5_000 });
  });

  it('never calls ok what could not be read', () => {
    const blind = Object.fromEntries(Object.keys(PLENTY).map((key) => [key, undefined]));
    const states = checkHost({ ...PLENTY, ...blind }, 'small').map(({ state }) => state);
    expect(new Set(states)).toEqual(new Set(['unknown']));
  });
});

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'enclave-host-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function hostWith(name: string, files: Readonly<Record<string, string>>): Promise<HostFacts> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, name, dirname(path)), { recursive: true });
    await writeFile(join(root, name, path), `${text}\n`);
  }
  return readHost({ PATH: '' }, join(root, name));
}

describe('readHost()', () => {
  it('takes the limits of cgroup v2', async () => {
    const facts = await hostWith('v2', {
      'sys/fs/cgroup/cpu.max': '50000 100000',
      'sys/fs/cgroup/memory.max': '268435456',
    });
    expect(facts).toMatchObject({ cores: 0.5, memoryBytes: 2 ** 28 });
  });

  it('takes the limits of cgroup v1', async () => {
    const facts = await hostWith('v1', {
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '25000',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '134217728',
    });
    expect(facts).toMatchObject({ cores: 0.25, memoryBytes: 2 ** 27 });
  });

  it('reads kernel settings, and leaves unknown what is not there', async () => {
    const facts = await hostWith('proc', {
      'proc/sys/net/ipv4/tcp_mem': '383139\t510854\t766278',
      'sys/kernel/mm/transparent_hugepage/enabled': '[always] madvise never',
      'proc/sys/kernel/osrelease': '5.15.0-91-generic',
      'proc/self/limits': 'Max open files            1024                 524288               files',
      'sys/fs/cgroup/cpu.max': 'max 100000',
    });
    expect(facts).toMatchObject({
      tcpPressurePages: 510_854,
      calmHugePages: 0,
      kernel: 5_015,
      openFiles: 1_024,
    });
    expect(facts.somaxconn).toBeUndefined();
    expect(facts.prlimit).toBe(0);
  });
});

describe('limits of cgroups', () => {
  it('makes cores and memory unknown where no cgroup can be read, so that they are never called ok', async () => {
    const facts = await hostWith('blind', { 'proc/sys/kernel/osrelease': '6.1.0' });
    expect([facts.cores, facts.memoryBytes]).toEqual([undefined, undefined]);
    const states = checkHost({ ...PLENTY, ...facts }, 'small').filter(
      ({ id }) => id === 'cores' || id === 'memoryBytes',
    );
    expect(states.map(({ found, state }) => [found, state])).toEqual([
      [null, 'unknown'],
      [null, 'unknown'],
    ]);
  });

  it('makes them unknown where a file cannot be read or makes no sense', async () => {
    // A folder in place of the file: reading it fails, and not because it is absent.
    const facts = await hostWith('odd', {
      'sys/fs/cgroup/cpu.max': 'some 100000',
      'sys/fs/cgroup/memory.max/inner': '1',
    });
    expect([facts.cores, facts.memoryBytes]).toEqual([undefined, undefined]);
  });

  it('takes the least of the own group and those above it', async () => {
    const facts = await hostWith('nested', {
      'proc/self/cgroup': '0::/app/worker',
      'sys/fs/cgroup/cgroup.controllers': 'cpu memory',
      'sys/fs/cgroup/app/cpu.max': '50000 100000',
      'sys/fs/cgroup/app/memory.max': 'max',
      'sys/fs/cgroup/app/worker/cpu.max': 'max 100000',
      'sys/fs/cgroup/app/worker/memory.max': '134217728',
    });
    expect(facts).toMatchObject({ cores: 0.5, memoryBytes: 2 ** 27 });
  });

  it('takes the root, which has no limits, as without a limit', async () => {
    const facts = await hostWith('bare', {
      'proc/self/cgroup': '0::/',
      'sys/fs/cgroup/cgroup.controllers': 'cpu memory',
    });
    expect(facts.cores).toBeGreaterThanOrEqual(1);
    expect(facts.memoryBytes).toBeGreaterThan(2 ** 27);
  });

  it('reads cgroup v1 in a container, whose path is that of the host', async () => {
    const facts = await hostWith('v1-container', {
      'proc/self/cgroup': '4:memory:/docker/abc\n1:cpu,cpuacct:/docker/abc',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
      'sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes': '67108864',
    });
    expect(facts.cores).toBeGreaterThanOrEqual(1);
    expect(facts.memoryBytes).toBe(2 ** 26);
  });
});

const GOOD = {
  version: '7.2.4',
  maxmemory: '1073741824',
  'maxmemory-policy': 'noeviction',
  appendonly: 'yes',
  save: '',
  'tcp-backlog': '511',
  timeout: '0',
  'client-output-buffer-limit': 'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60',
  'stream-node-max-bytes': '1024',
  'hash-max-listpack-entries': '512',
  'hash-max-listpack-value': '1024',
};

describe('checkRedis()', () => {
  const notOk = (settings: RedisSettings) =>
    checkRedis(settings).flatMap(({ id, state }) => (state === 'ok' ? [] : [`${id} ${state}`]));

  it('finds nothing short in a Redis that is set as asked', () => {
    expect(notOk(GOOD)).toEqual([]);
  });

  it.each([
    ['version', '6.2.14'],
    ['maxmemory', '0'],
    ['maxmemory-policy', 'allkeys-lru'],
    ['appendonly', 'no'],
    ['save', '3600 1 300 100'],
    ['tcp-backlog', '128'],
    ['timeout', '5'],
    ['client-output-buffer-limit', 'normal 0 0 0 pubsub 1048576 8388608 60'],
    ['stream-node-max-bytes', '4096'],
    ['stream-node-max-bytes', '0'],
    ['hash-max-listpack-entries', '64'],
    ['hash-max-listpack-value', '64'],
  ])('finds %s %s low, and says how to mend it and what happens if left', (id, value) => {
    expect(notOk({ ...GOOD, [id]: value })).toEqual([`${id} low`]);
    const check = checkRedis({ ...GOOD, [id]: value }).find((entry) => entry.id === id);
    expect(check?.fix).not.toBe('');
    expect(check?.ifLeft).not.toBe('');
  });

  it('takes 0 of a buffer as no limit, and what was not read as unknown', () => {
    expect(notOk({ ...GOOD, 'client-output-buffer-limit': 'pubsub 0 0 0' })).toEqual([]);
    expect(new Set(checkRedis({}).map(({ state }) => state))).toEqual(new Set(['unknown']));
  });
});

describe('enclave doctor --redis', () => {
  it.skipIf(!hasRedis())('compares a real Redis, changes nothing, and shows no password', async () => {
    await using redis = await startRedis([
      '--requirepass',
      'sekret',
      '--maxmemory',
      '1gb',
      '--appendonly',
      'yes',
    ]);
    const url = redis.url.replace('redis://', 'redis://:sekret@');
    const { status, stdout } = await cli(['doctor', '--json', '--redis', url]);
    expect(status).toBe(99);
    expect(stdout).not.toContain('sekret');
    const { redis: found } = JSON.parse(stdout) as {
      readonly redis: { readonly checks: readonly RedisCheck[] };
    };
    expect(found.checks.flatMap(({ id, state }) => (state === 'ok' ? [] : [`${id} ${state}`]))).toEqual([
      'stream-node-max-bytes low',
      'hash-max-listpack-value low',
    ]);
    const text = await cli(['doctor', '--redis', url]);
    expect(text.stdout).toMatch(/LOW +stream-node-max-bytes +4096\n/);
    expect(text.stdout).toMatch(/ {2}fix: redis-cli CONFIG SET stream-node-max-bytes 1024/);
    for (const line of text.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('calls everything unknown where no Redis answers', async () => {
    const port = await freePort();
    const { status, stdout } = await cli(['doctor', '--redis', `redis://127.0.0.1:${port}`]);
    expect(status).toBe(99);
    expect(stdout).toMatch(/UNKNOWN, Redis did not answer \(.*ECONNREFUSED/s);
  });

  it('tells a bad address and a bad size together', async () => {
    const { status, stderr } = await cli(['doctor', '--redis', '127.0.0.1:6379', '--profile', 'larg']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/has 2 problems.*--profile.*--redis: expected redis:\/\/host:port/s);
  });
});

describe('enclave doctor', () => {
  it('ends with 99 exactly when a check of the asked size is not ok', async () => {
    const { status, stdout } = await cli(['doctor', '--json', '--profile', 'xlarge']);
    const report = JSON.parse(stdout) as { readonly met: boolean; readonly schema: string };
    expect(report.schema).toBe('enclave.doctor/1');
    expect(status).toBe(report.met ? 0 : 99);
  });

  it('names the sizes when asked for another', async () => {
    const { status, stderr } = await cli(['doctor', '--profile', 'larg']);
    expect(status).toBe(2);
    expect(stderr).toContain('did you mean large?');
  });
});
