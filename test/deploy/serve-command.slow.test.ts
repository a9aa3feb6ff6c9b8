// The command of the emitted manifests, run: what they start is what the binary has.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { planManifests } from '../../src/deploy/manifests.ts';
import { ENTRY } from '../cli/cli.ts';
import { catalogue, corpus } from '../planner/plan-corpus.ts';

it('the arguments of the Deployment and of the systemd unit start a server that is ready, and stops at SIGTERM', async () => {
  const plan = corpus[0]?.[1]();
  const type = catalogue.types.find(({ type: name }) => name === plan?.verdict.type);
  if (plan === undefined || type === undefined) throw new Error('the corpus is empty');
  const files = planManifests(plan, type);
  const textOf = (end: string): string => files.find(({ path }) => path.endsWith(end))?.text ?? '';
  const deployment = parse(textOf('deployment.yaml')) as {
    readonly spec: {
      readonly template: { readonly spec: { readonly containers: readonly { readonly args: string[] }[] } };
    };
  };
  const args = deployment.spec.template.spec.containers[0]?.args ?? [];
  const unit = /^ExecStart=\S+ (.*)$/mu.exec(textOf('enclave.service'))?.[1] ?? '';
  // Only a pod is scraped from outside; a host has its own agent on loopback.
  const scraped = ['--metrics-port=9464', '--metrics-host=0.0.0.0'];
  expect([...unit.replaceAll('%d/', '/etc/enclave/').split(' '), ...scraped]).toEqual(args);

  const folder = await mkdtemp(join(tmpdir(), 'enclave-serve-'));
  await writeFile(join(folder, 'keys'), 'a-key-of-at-least-sixteen-characters tenant\n', { mode: 0o600 });
  await writeFile(join(folder, 'runtime-token'), 'a-token-of-at-least-sixteen-characters\n', { mode: 0o600 });
  const here = args.map((argument) =>
    argument.replace(/^(--(?:metrics-)?port)=.*/u, '$1=0').replace('/etc/enclave', folder),
  );
  const child = spawn(process.execPath, [ENTRY, ...here], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    const url = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const found = /listening on (\S+)/u.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once('close', () => reject(new Error(`it ended: ${said}`)));
    });
    const local = url.replace('0.0.0.0', '127.0.0.1');
    for (const path of ['/healthz', '/readyz'])
      expect([path, (await fetch(`${local}${path}`)).status]).toEqual([path, 200]);
    child.kill('SIGTERM');
    expect(await closed).toBe(0);
  } finally {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
});
