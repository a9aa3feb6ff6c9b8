// The CLI without the process: picks the command, runs it, turns whatever is thrown into a message and an exit status.
import type { CommanderError } from 'commander';
import { codeInfo, EnclaveError, toEnclaveError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { version } from '../version.ts';
import { COMMANDS, type CommandEntry } from './commands.ts';
import { type Io, printable, styled } from './io.ts';
import { HELP_TOPICS, mainHelp } from './topics.ts';

const USAGE = 2;
const INTERRUPTED = 96;

/** Runs one command line; what is thrown becomes a message on stderr and a status. Never rejects. */
export async function main(args: readonly string[], io: Io): Promise<void> {
  try {
    await dispatch(args, io);
  } catch (thrown) {
    if (isCommanderError(thrown)) {
      // commander has printed its message already; help and version are not failures.
      io.exitWith(thrown.exitCode === 0 ? 0 : USAGE);
      return;
    }
    const error = toEnclaveError(thrown);
    printError(error, io);
    // Whatever gave up because of the interrupt: that it was interrupted is what a shell must know.
    io.exitWith(io.interrupted.aborted ? INTERRUPTED : codeInfo(error.code).exitCode);
  }
}

async function dispatch(args: readonly string[], io: Io): Promise<void> {
  const [first, second] = args;
  if (first === undefined) {
    io.stderr.write(mainHelp(COMMANDS));
    io.exitWith(USAGE);
  } else if (first === '--help' || first === '-h' || (first === 'help' && second === undefined)) {
    io.stdout.write(mainHelp(COMMANDS));
  } else if (first === '--version' || first === '-V') {
    io.stdout.write(`${version}\n`);
  } else if (first === 'help') {
    await help(second ?? '', io);
  } else {
    await runCommandLine(findCommand(first), args.slice(1), io);
  }
}

async function help(topic: string, io: Io): Promise<void> {
  const text = HELP_TOPICS[topic];
  if (text === undefined) await runCommandLine(findCommand(topic), ['--help'], io);
  else io.stdout.write(text());
}

function findCommand(name: string): CommandEntry {
  const entry = COMMANDS.find((command) => command.name === name);
  if (entry !== undefined) return entry;
  const names = COMMANDS.map((command) => command.name);
  const close = nearest(name, names);
  throw new EnclaveError(
    'INVALID_INPUT',
    `expected a command (${names.join(', ')}), got ${JSON.stringify(name)}`,
    {
      hint: close === undefined ? 'enclave --help lists the commands' : `did you mean "${close}"?`,
    },
  );
}

async function runCommandLine(entry: CommandEntry, args: readonly string[], io: Io): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const build = await entry.load(args, cleanup);
  const command = build(io).name(`enclave ${entry.name}`);
  // Subcommands take such settings over only from a parent that had them before; ours are built first.
  for (const each of [command, ...command.commands]) {
    each
      .exitOverride()
      .configureOutput({
        writeOut: (text) => io.stdout.write(text),
        writeErr: (text) => io.stderr.write(text),
        getOutHelpWidth: () => io.stdout.columns,
        getErrHelpWidth: () => io.stderr.columns,
      })
      .showHelpAfterError(`hint: enclave ${entry.name} --help lists the options`);
  }
  await command.parseAsync([...args], { from: 'user' });
}

function printError(error: EnclaveError, io: Io): void {
  const lines = [`${styled(io.stderr, 'red', 'error')} ${printable(error.message)}`];
  if (error.hint !== undefined) lines.push(`hint: ${printable(error.hint)}`);
  if (error.code === 'INTERNAL') {
    lines.push('hint: this is a fault of enclave; run again with ENCLAVE_DEBUG=1 to see where');
    if (io.env['ENCLAVE_DEBUG'] === '1' && error.cause instanceof Error) lines.push(error.cause.stack ?? '');
  }
  io.stderr.write(`${lines.join('\n')}\n`);
}

function isCommanderError(thrown: unknown): thrown is CommanderError {
  return thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('commander.');
}
