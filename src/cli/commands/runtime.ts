// enclave runtime: runs the scripts that brokers hand out.
import { Command } from 'commander';
import {
  readLabels,
  readSecretFile,
  readWorkerFlags,
  untilInterrupted,
  type WorkerFlags,
  workerOptions,
} from '../broker-flags.ts';
import { type Io, printable } from '../io.ts';
import { OptionReader } from '../option-reader.ts';

interface RuntimeFlags extends WorkerFlags {
  readonly broker: string;
  readonly label?: readonly string[];
  readonly tokenFile?: string;
  readonly drain?: string;
}

export function runtimeCommand(io: Io): Command {
  const command = new Command('runtime').description(
    'Runs scripts that a broker hands out. It holds no secrets: tools run at the broker.',
  );
  return workerOptions(command)
    .requiredOption('--broker <url>', 'ws://, wss://, http:// or https:// of a broker; several with commas')
    .option('--label <name=value...>', 'labels that sessions are routed by, such as region=eu')
    .option('--token-file <file>', 'the token that the broker asks runtimes for')
    .option('--drain <time>', 'at SIGTERM: how long running scripts may take to end (default: 30s)')
    .addHelpText(
      'after',
      '\nExample:\n  enclave runtime --broker ws://127.0.0.1:3001 --label region=eu --label tier=standard',
    )
    .action((flags: RuntimeFlags) => runRuntime(flags, io));
}

async function runRuntime(flags: RuntimeFlags, io: Io): Promise<void> {
  const read = new OptionReader();
  const workers = readWorkerFlags(flags, read);
  const labels = readLabels('--label', flags.label ?? [], read);
  const drainMs =
    read.duration('--drain', flags.drain, { min: 0, max: 86_400_000, words: 'from 0s to 24h' }) ?? 30_000;
  read.finish('enclave runtime');
  const token =
    flags.tokenFile === undefined
      ? undefined
      : (await readSecretFile('--token-file', flags.tokenFile, io)).trim();
  const { EnclaveRuntime } = await import('../../enclave-runtime.ts');
  await using runtime = new EnclaveRuntime({
    ...workers,
    brokerUrl: flags.broker,
    labels,
    ...(token === undefined ? {} : { token }),
    onState: (state, detail) =>
      io.stderr.write(
        state === 'connected' ? `connected to ${detail}\n` : `connection lost: ${printable(detail)}\n`,
      ),
  });
  const interrupted = untilInterrupted(io);
  await Promise.race([runtime.connect(), interrupted]);
  await interrupted;
  io.stderr.write(`draining; ${runtime.busy} scripts under way\n`);
  const { realClock } = await import('../../clock.ts');
  const { promise: tooLate, resolve } = Promise.withResolvers<void>();
  const stop = realClock.setTimer(drainMs, resolve);
  await Promise.race([runtime.drain(), tooLate]);
  stop();
}
