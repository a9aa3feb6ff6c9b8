// The main job in one go, on the embedded default: run a script with tools, measure, plan from what was measured.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const STEPS: readonly (readonly string[])[] = [
  [
    'run',
    'examples/basket.ts',
    '--tools',
    'examples/tools.ts',
    '--args',
    '{"basket": {"apple": 2, "pear": 1, "plum": 5}}',
  ],
  ['bench', '--scenario', 'tools', '--rate', '50', '--warmup', '2s', '--duration', '22s'],
  ['plan', '--per-day', '5M', '--peak', '3', '--slo', 'p99=150ms'],
];

for (const args of STEPS) {
  console.log(`\n$ enclave ${args.map(quote).join(' ')}`);
  const { status, error } = spawnSync(process.execPath, ['bin/enclave.js', ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (error !== undefined) throw error;
  if (status !== 0) {
    console.error(`\nthe demo stopped: enclave ${args[0]} ended with exit status ${status}`);
    process.exit(status ?? 1);
  }
}
console.log('\nThe reports lie in reports/. Next: npx enclave --help');

function quote(arg: string): string {
  return /^[\w./=-]+$/u.test(arg) ? arg : `'${arg}'`;
}
