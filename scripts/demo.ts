// The main job in one go, on the embedded default: run a script with tools, measure, plan from what was measured.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const INVALID_MEASUREMENT = 98;
const MEASUREMENTS = 3;

const RUN = [
  'run',
  'examples/basket.ts',
  '--tools',
  'examples/tools.ts',
  '--args',
  '{"basket": {"apple": 2, "pear": 1, "plum": 5}}',
];
const BENCH = ['bench', '--scenario', 'tools', '--rate', '100', '--warmup', '2s', '--duration', '12s'];
const PLAN = ['plan', '--per-day', '5M', '--peak', '3', '--slo', 'p99=150ms'];

enclave(RUN);
const isValid = measure();
if (!isValid)
  console.log('\nThis machine was never quiet enough. The plan goes on all the same, and says so.');
enclave(isValid ? PLAN : [...PLAN, '--allow-noise']);
console.log('\nThe reports lie in reports/. Next: npx enclave --help');

/** Benches until a run is valid, so that a passing disturbance of the machine does not end the demo. */
function measure(): boolean {
  for (let attempt = 1; attempt <= MEASUREMENTS; attempt++) {
    if (enclave(BENCH, [INVALID_MEASUREMENT]) === 0) return true;
    if (attempt < MEASUREMENTS)
      console.log('\nThe run declared itself invalid (the reason stands above): once more.');
  }
  return false;
}

/** Runs one command line, shown as a user would type it. A status that is neither 0 nor accepted ends the demo. */
function enclave(args: readonly string[], accepted: readonly number[] = []): number {
  console.log(`\n$ enclave ${args.map(quote).join(' ')}`);
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const { status, error } = spawnSync(process.execPath, ['bin/enclave.js', ...args], {
    cwd,
    stdio: 'inherit',
  });
  if (error !== undefined) throw error;
  if (status === 0 || (status !== null && accepted.includes(status))) return status;
  console.error(`\nthe demo stopped: enclave ${args[0]} ended with exit status ${status}`);
  process.exit(status ?? 1);
}

function quote(arg: string): string {
  return /^[\w./=-]+$/u.test(arg) ? arg : `'${arg}'`;
}
