import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHost } from '../../src/cli/read-host.ts';
import { checkHost, type HostFacts } from '../../src/deploy/host-profiles.ts';
import { cli } from '../cli/cli.ts';

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
