import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { Role } from 'kubernetes-models/rbac.authorization.k8s.io/v1/Role';
import { RoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding';
import { ResourceQuota } from 'kubernetes-models/v1/ResourceQuota';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isScalar, parseAllDocuments, visit } from 'yaml';
import { lintManifests, type ManifestFile } from '../../src/deploy/lint.ts';
import { planManifests } from '../../src/deploy/manifests.ts';
import { writeManifests } from '../../src/deploy/write-manifests.ts';
import type { InstanceType } from '../../src/planner/catalogue.ts';
import { planCapacity } from '../../src/planner/plan-capacity.ts';
import { parseSlos } from '../../src/planner/slo.ts';
import { workloadFromCapacity } from '../../src/planner/workload.ts';

const LARGE: InstanceType = {
  type: 'c6i.large',
  pricePerHourUsd: 0.085,
  vcpu: 2,
  memoryGib: 4,
  arch: 'amd64',
  burstable: false,
};
const given = (value: number) => ({ value, provenance: 'given', source: 'test' }) as const;

/** 200/s per instance of 2 vCPU. */
function manifests(perDay: number, slo: string, changes: { spares?: number; loseZones?: number } = {}) {
  const slos = slo === '' ? { ok: true as const, value: [] } : parseSlos(slo);
  if (!slos.ok) throw new Error(slos.message);
  const plan = planCapacity({
    perDay: given(perDay),
    peakMultiplier: given(3),
    workload: workloadFromCapacity(given(200), LARGE),
    slos: slos.value,
    maxUtilisation: given(0.85),
    queue: 'host',
    availability: { floor: 2, spares: 1, zones: 3, loseZones: 0, ...changes },
    catalogue: { region: 'us-east-1', asOf: '2026-07-20', types: [LARGE] },
    types: [],
  });
  return planManifests(plan, LARGE);
}

const SETS: readonly (readonly [string, readonly ManifestFile[]])[] = [
  ['a trickle without objective', manifests(10, '')],
  ['5M a day', manifests(5e6, 'p99=100ms,wait95=50ms')],
  ['5M a day without spares', manifests(5e6, 'p99.9=200ms', { spares: 0 })],
  ['1B a day, one zone may fail', manifests(1e9, 'p95=60ms', { loseZones: 1 })],
];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enclave-deploy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const text = (files: readonly ManifestFile[], end: string): string =>
  files.find(({ path }) => path.endsWith(end))?.text ?? '';

const MODELS = {
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  PodDisruptionBudget,
  ResourceQuota,
  Role,
  RoleBinding,
  ScaledObject,
  Service,
  ServiceAccount,
} as const;

describe.each(SETS)('manifests of %s', (_name, files) => {
  it('pass the schemas of Kubernetes and KEDA', () => {
    const kinds = files
      .filter(({ path }) => path.startsWith('kubernetes/'))
      .flatMap(({ text }) => parseAllDocuments(text))
      .map((document) => {
        const value = document.toJS() as { readonly kind: keyof typeof MODELS };
        // The models type what they then validate.
        const model = new MODELS[value.kind](value as never);
        model.validate();
        return value.kind;
      });
    expect(kinds.toSorted()).toEqual(Object.keys(MODELS).toSorted());
  });

  it('say of every number in YAML where it comes from', () => {
    const silent: string[] = [];
    for (const { path, text } of files.filter(({ path }) => path.endsWith('.yaml')))
      for (const document of parseAllDocuments(text))
        visit(document, {
          Scalar(key, node) {
            const isNumber =
              typeof node.value === 'number' || /^\d+(\.\d+)?(m|Mi|s)?$/u.test(String(node.value));
            if (key === 'value' && isScalar(node) && isNumber && !node.comment)
              silent.push(`${path}: ${node.value}`);
          },
        });
    expect(silent).toEqual([]);
  });

  it('keep every text a text for readers of YAML 1.1', () => {
    const all = files.map(({ text }) => text).join('\n');
    expect(all).not.toMatch(/: (?:on|off|yes|no)$/mu);
  });
});

it('lets brokers scale one deployment, and do nothing else', () => {
  const [account, role, binding] = parseAllDocuments(text(manifests(10, ''), 'rbac.yaml')).map((document) =>
    document.toJS(),
  );
  // What the driver calls: GET and PATCH of the scale subresource of the deployment it is given.
  expect(role.rules).toEqual([
    {
      apiGroups: ['apps'],
      resources: ['deployments/scale'],
      resourceNames: ['enclave-runtime'],
      verbs: ['get', 'patch'],
    },
  ]);
  expect(binding.roleRef).toMatchObject({ kind: 'Role', name: role.metadata.name });
  expect(binding.subjects).toMatchObject([{ kind: 'ServiceAccount', name: account.metadata.name }]);
});

it('shows figures on one port, to those who scrape and to nobody else', () => {
  const files = manifests(10, '');
  const [deployment] = parseAllDocuments(text(files, 'deployment.yaml')).map((document) => document.toJS());
  const { metadata, spec } = deployment.spec.template;
  const port = spec.containers[0].ports.find(
    (each: { name: string }) => each.name === 'metrics',
  ).containerPort;
  expect(spec.containers[0].args).toContain(`--metrics-port=${port}`);
  expect(metadata.annotations['prometheus.io/port']).toBe(String(port));
  expect(text(files, 'podmonitor.yaml')).toContain('port: metrics');
  expect(text(files, 'service.yaml')).not.toContain('metrics');
  expect(spec.automountServiceAccountToken).toBe(false);
});

it('gives ECS 60 times the rate per second', () => {
  // 5M x 3 / 86,400 = 173.611/s over 3 instances = 57.87/s, rounded down to 57.8: 3,468 a minute.
  expect(text(manifests(5e6, 'p99=100ms'), 'ecs/autoscaling.yaml')).toContain('TargetValue: 3468 #');
});

describe('lintManifests()', () => {
  const files = manifests(5e6, 'p99=100ms');
  const changed = (end: string, from: RegExp, to: string): readonly ManifestFile[] => {
    expect(text(files, end)).toMatch(from);
    return files.map((file) =>
      file.path.endsWith(end) ? { ...file, text: file.text.replace(from, to) } : file,
    );
  };

  it.each([
    ['hpa.yaml', /minReplicas: \d+/u, 'minReplicas: 9', 'expected 1 to maxReplicas 3, got 9'],
    ['scaledobject.yaml', /minReplicaCount: \d+/u, 'minReplicaCount: 9', 'expected 1 to maxReplicaCount 3'],
    ['scaledobject.yaml', /threshold: "([\d.]+)"/u, 'threshold: $1', 'expected a string'],
    ['pdb.yaml', /maxUnavailable: 1/u, 'minAvailable: 2', 'expected below the 2 replicas'],
    ['pdb.yaml', /maxUnavailable: 1/u, 'maxUnavailable: 0', 'expected at least 1'],
    ['pdb.yaml', /maxUnavailable: 1/u, 'maxUnavailable: 1\n  minAvailable: 1', 'expected one of'],
    ['quota.yaml', /pods: "4"/u, 'pods: "3"', 'expected at least 4 for 4 pods, got 3'],
    ['quota.yaml', /requests.cpu: \d+m/u, 'requests.cpu: 7', 'expected at least 7.08'],
    ['deployment.yaml', /cpu: 1770m/u, 'cpu: 2500m', 'up to the limit 2'],
    ['deployment.yaml', /terminationGracePeriodSeconds/u, 'terminationGraceSeconds', 'expected no such key'],
    ['adapter-rules.yaml', /matches: \w+/u, 'matches: other', 'that no adapter rule serves'],
    ['service.yaml', /selector:\n(.*): enclave/u, 'selector:\n$1: other', "expected the pods' labels"],
    ['hpa.yaml', /averageUtilization: \d+/u, 'averageUtilization: 0', 'expected at least 1 percent'],
    ['sysctl.conf', /somaxconn = \d+/u, 'somaxconn = 128', 'expected at least the 4096'],
  ])('refuses %s with %s as %s', (end, from, to, message) => {
    const problems = lintManifests(changed(end, from, to)).map((problem) => problem.message);
    expect(problems.join('\n')).toContain(message);
  });

  it('refuses a kernel setting below the current one', () => {
    expect(lintManifests(files, { 'net.core.somaxconn': 65_535 })).toHaveLength(1);
    expect(lintManifests(files, { 'net.core.somaxconn': 4_096 })).toEqual([]);
  });
});

describe('writeManifests()', () => {
  const files = manifests(5e6, 'p99=100ms');

  it('writes every file and tells its hash', async () => {
    const target = join(folder, 'whole');
    const written = await writeManifests(files, target);
    expect(written).toHaveLength(files.length);
    expect(await readFile(join(target, 'kubernetes/pdb.yaml'), 'utf8')).toBe(text(files, 'pdb.yaml'));
    expect(written.every(({ sha256 }) => /^[0-9a-f]{64}$/u.test(sha256))).toBe(true);
  });

  it('leaves a folder with files alone', async () => {
    const target = join(folder, 'whole');
    const before = await readdir(folder);
    await expect(writeManifests(files, target, 'whole')).rejects.toThrow(
      '[FILE_NOT_WRITABLE] --emit: expected a new',
    );
    expect(await readdir(folder)).toEqual(before);
  });

  it('leaves nothing behind when a file cannot be written', async () => {
    const twice = [...files, ...files.slice(0, 1)];
    const before = await readdir(folder);
    await expect(writeManifests(twice, join(folder, 'half'))).rejects.toThrow('FILE_NOT_WRITABLE');
    expect(await readdir(folder)).toEqual(before);
  });

  it.each(['/proc/none/fleet', '/dev/null', join('/dev/null', 'fleet')])('refuses %s', async (target) => {
    await expect(writeManifests(files, target)).rejects.toThrow('FILE_NOT_WRITABLE');
  });
});

function has(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs where the program is there; in CI it must be. */
const withProgram = (program: string, debian: string) => ({
  run: has(program) || process.env['CI'] === 'true',
  note: has(program) ? program : `${program} (absent: apt-get install -y --no-install-recommends ${debian})`,
});

function succeed(command: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd }, (error, stdout, stderr) =>
      error === null
        ? resolve(stdout)
        : reject(new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`)),
    );
  });
}

/** What a program has to say on stderr, when it ends with 0. */
function complaints(command: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd }, (error, _stdout, stderr) =>
      error === null ? resolve(stderr) : reject(new Error(`${command} ${args.join(' ')}\n${stderr}`)),
    );
  });
}

const promtool = withProgram('promtool', 'prometheus');
it.runIf(promtool.run)(`alerts fire and stay silent: ${promtool.note}`, async () => {
  for (const [index, [, files]] of SETS.entries()) {
    const target = join(folder, `alerts-${index}`);
    await writeManifests(files, target);
    await succeed('promtool', ['check', 'rules', 'alerts.yaml'], join(target, 'prometheus'));
    await succeed('promtool', ['test', 'rules', 'alerts-test.yaml'], join(target, 'prometheus'));
  }
});

const nginx = withProgram('nginx', 'nginx-light');
it.runIf(nginx.run)(`the proxy's settings are accepted: ${nginx.note}`, async () => {
  for (const [index, [, files]] of SETS.entries()) {
    const file = join(folder, `nginx-${index}.conf`);
    // Where this test may write, whoever runs it.
    const paths = `pid ${folder}/nginx.pid;\nerror_log stderr;\n`;
    const http = `http {\n access_log off;\n${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => ` ${name}_temp_path ${folder}/${name};`).join('\n')}`;
    await writeFile(file, paths + text(files, 'nginx.conf').replace('http {', http));
    await succeed('nginx', ['-t', '-c', file, '-p', folder], folder);
  }
});

const systemd = withProgram('systemd-analyze', 'systemd');
it.runIf(systemd.run)(`the unit has no unknown key or value: ${systemd.note}`, async () => {
  for (const [index, [, files]] of SETS.entries()) {
    const file = join(folder, `enclave-${index}.service`);
    // The program is not installed here; everything else is read as it stands.
    const program = /^ExecStart=\S+/m;
    expect(text(files, 'enclave.service')).toMatch(program);
    await writeFile(file, text(files, 'enclave.service').replace(program, 'ExecStart=/bin/true'));
    // It names what it ignores and ends with 0 all the same.
    expect(await complaints('systemd-analyze', ['verify', '--man=no', file], folder)).toBe('');
    const slip = join(folder, `slip-${index}.service`);
    await writeFile(slip, (await readFile(file, 'utf8')).replace('Restart=', 'Restrat='));
    expect(await complaints('systemd-analyze', ['verify', '--man=no', slip], folder)).toMatch(/Restrat/);
  }
});

it.runIf(process.platform === 'linux')('the kernel knows every setting of the sysctl file', async () => {
  const settings = text(SETS[1]?.[1] ?? [], 'sysctl.conf')
    .split('\n')
    .flatMap((line) => (/^[a-z]/.test(line) ? [line.split('=')[0]?.trim() ?? ''] : []));
  expect(settings.length).toBeGreaterThan(0);
  for (const setting of settings)
    expect(await readFile(join('/proc/sys', ...setting.split('.')), 'utf8'), setting).toMatch(/^\d+$/m);
});
