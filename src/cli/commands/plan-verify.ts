// enclave plan verify: benches the local pool at the load that a plan gives one instance, and compares with the prediction.
import { resolve } from 'node:path';
import { Command } from 'commander';
import { type Io, styled } from '../io.ts';
import { OptionReader } from '../option-reader.ts';

const RECORD = 'reports/plan-verify.jsonl';
const OUTSIDE = 6;
const INTERRUPTED = 96;
const INVALID = 98;
const DEFAULT_DURATION_MS = 10_000;
const DEFAULT_RUNS = 3;

interface VerifyFlags {
  readonly scenario?: string;
  readonly duration?: string;
  readonly repeat?: string;
  readonly capacity: boolean;
  readonly record: string;
  readonly history?: boolean;
  readonly allowNoise?: boolean;
  readonly json?: boolean;
}

export function planVerifyCommand(io: Io): Command {
  return new Command('verify')
    .description(
      'Measure the local pool at the load that a plan gives one instance; compare with the prediction.',
    )
    .argument('[plan]', 'a plan that enclave plan --json wrote')
    .option('--scenario <name|file>', 'what to run (default: the scenario that the plan was measured with)')
    .option('--duration <time>', 'measured time of each run (default: 10s)')
    .option('--repeat <n>', 'runs at the load of the plan, taken together (default: 3)')
    .option('--no-capacity', 'leave out the saturated run that measures the capacity')
    .option('--record <file>', 'track record: one line of JSON is added', RECORD)
    .option('--history', 'show the track record: mean error and coverage of the bands; nothing is run')
    .option('--allow-noise', 'count runs that declared themselves invalid; they are still named')
    .option('--json', 'the verification, or the track record, as JSON on stdout')
    .addHelpText(
      'after',
      `
The rate is that of one instance at the peak with only the needed instances up, times the cores
of this machine / the vCPUs of an instance. The scale is stated; a scaled run is no full verification.

Exit status: 0 inside the bands, 2 bad input, 6 outside a band, 96 interrupted, 98 invalid measurement.

Examples:
  enclave plan --per-day 5M --slo p99=100ms --json > plan.json
  enclave plan verify plan.json
  enclave plan verify plan.json --duration 30s --repeat 5
  enclave plan verify --history`,
    )
    .action((file: string | undefined, flags: VerifyFlags) => verify(file, flags, io));
}

async function verify(file: string | undefined, flags: VerifyFlags, io: Io): Promise<void> {
  const reader = new OptionReader();
  const durationMs = reader.duration('--duration', flags.duration, {
    min: 100,
    max: 86_400_000,
    words: 'from 100ms to 1d',
  });
  const runs = reader.integer('--repeat', flags.repeat, { min: 1, max: 100, words: 'from 1 to 100' });
  if (flags.history === true && file !== undefined)
    reader.problem('--history', `expected without a plan, got ${JSON.stringify(file)}`);
  if (flags.history !== true && file === undefined)
    reader.problem('plan', 'expected a plan that enclave plan --json wrote, or --history, got neither');
  reader.finish('enclave plan verify', 'enclave plan verify --help lists the options');
  if (file === undefined) return showHistory(flags, io);
  // Loaded here, so that `enclave plan` itself stays quick.
  const { verifyPlan } = await import('../plan-verification.ts');
  const { appendVerification } = await import('../../verify/track-record.ts');
  const { verificationText } = await import('../../verify/verification-text.ts');
  const found = await verifyPlan(
    {
      file,
      scenario: flags.scenario,
      durationMs: durationMs ?? DEFAULT_DURATION_MS,
      runs: runs ?? DEFAULT_RUNS,
      withCapacity: flags.capacity,
      allowNoise: flags.allowNoise === true,
    },
    io,
  );
  await appendVerification(resolve(io.cwd, flags.record), found);
  io.stdout.write(
    flags.json === true ? `${JSON.stringify(found, null, 2)}\n` : verificationText(found, styleOf(io)),
  );
  io.stderr.write(`added to ${flags.record}\n`);
  io.exitWith({ inside: 0, outside: OUTSIDE, invalid: INVALID, interrupted: INTERRUPTED }[found.state]);
}

async function showHistory(flags: VerifyFlags, io: Io): Promise<void> {
  const { accuracyOf, readTrackRecord } = await import('../../verify/track-record.ts');
  const { historyText } = await import('../../verify/verification-text.ts');
  const record = await readTrackRecord(resolve(io.cwd, flags.record), flags.record);
  io.stdout.write(
    flags.json === true
      ? `${JSON.stringify({ schema: 'enclave.plan-record/1', accuracy: accuracyOf(record), verifications: record }, null, 2)}\n`
      : historyText(record, styleOf(io)),
  );
}

function styleOf(io: Io) {
  return { columns: io.stdout.columns, bold: (text: string) => styled(io.stdout, 'bold', text) };
}
