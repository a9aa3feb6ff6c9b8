// `enclave run`: one script, here, and its outcome.
import { Command } from 'commander';
import { codeInfo } from '../../errors.ts';
import type {
  ExecutionEvent,
  ExecutionLimits,
  ExecutionOutcome,
  Executor,
  Isolation,
  ScriptLanguage,
} from '../../execution.ts';
import { formatDuration, formatSize } from '../../units.ts';
import { type Io, printable, styled } from '../io.ts';
import type { LatePool } from '../late-pool.ts';
import { type LimitFlags, limitOptions, readLimitFlags } from '../limit-flags.ts';
import { openToolHandler, type ToolFlags, toolOptions } from '../open-tools.ts';
import { OptionReader } from '../option-reader.ts';
import { readScript, type Script } from '../read-script.ts';
import { renderFailure } from '../render-failure.ts';

export const RUN_SCHEMA = 'enclave.run/1';

interface RunFlags extends ToolFlags, LimitFlags {
  readonly args?: string;
  readonly language?: string;
  readonly isolation?: string;
  readonly json?: true;
  readonly events?: true;
  readonly stats?: true;
  readonly broker?: string;
}

interface RunOptions {
  readonly args: unknown;
  readonly language: ScriptLanguage | undefined;
  readonly isolation: Isolation | undefined;
  readonly limits: Partial<ExecutionLimits>;
}

/** `openPool` answers the pool that will run the script, most likely on its way up already. */
export function runCommand(io: Io, openPool: () => LatePool): Command {
  const command = new Command()
    .description(
      'Runs one script in a fresh isolate in a child process. The result goes to stdout, the console to stderr.',
    )
    .argument('<file>', 'script to run, JavaScript or TypeScript; - reads stdin')
    .option('--args <json>', 'what `args` is inside the script (default: {})');
  toolOptions(command).option(
    '--language <js|ts>',
    'language of the script (default: by the file name, js for stdin)',
  );
  return limitOptions(command)
    .option('--isolation <kind>', 'isolate or context (default: isolate)')
    .option('--json', 'print the whole outcome as one JSON document on stdout')
    .option('--events', 'print every event as it happens on stdout, one JSON document a line')
    .option(
      '--broker <url>',
      'run it there instead of here, with the tools of that broker; key in ENCLAVE_API_KEY',
    )
    .option('--stats', 'print what the execution cost on stderr')
    .addHelpText('after', EXAMPLES)
    .action((file: string, flags: RunFlags) => run(file, flags, openPool, io));
}

const EXAMPLES = `
Inside the script: top-level await and return, callTool(name, args), parallel(items, fn), console.*, args.

Examples:
  enclave run script.js
  echo 'return args.a + args.b' | enclave run - --args '{"a": 1, "b": 2}'
  enclave run report.ts --tools tools.ts --timeout 5s --memory 64MiB
  enclave run script.js --mcp servers.json
  enclave run script.js --events | jq .type
  enclave run script.js --broker http://127.0.0.1:3001

Exit status: 0 the result is on stdout, 1 the script failed, 2 bad input, 10-14 a limit (enclave help exit-codes).`;

async function run(file: string, flags: RunFlags, openPool: () => LatePool, io: Io): Promise<void> {
  const options = readOptions(flags);
  const script = await readScript(file, io);
  // After the script: servers of tools are not started for one that cannot be read.
  await using place =
    flags.broker === undefined ? await openHere(flags, openPool(), io) : await openBroker(flags.broker, io);
  const outcome = await place.executor.execute({
    source: script.source,
    filename: script.name,
    language: options.language ?? script.language,
    args: options.args,
    limits: options.limits,
    ...(options.isolation === undefined ? {} : { isolation: options.isolation }),
    signal: io.interrupted,
    onEvent: flags.events === true ? printEvent(io) : printConsole(io),
  });
  if (flags.events !== true) printOutcome(outcome, script, flags.json === true, io);
  if (flags.stats === true) io.stderr.write(`${statsLine(outcome)}\n`);
  if (!outcome.success) io.exitWith(codeInfo(outcome.error.code).exitCode);
}

interface Place extends AsyncDisposable {
  readonly executor: Executor;
}

async function openHere(flags: RunFlags, pool: LatePool, io: Io): Promise<Place> {
  const tools = await openToolHandler(flags, io);
  pool.serveTools(tools.handle);
  return { executor: pool.executor, [Symbol.asyncDispose]: () => tools[Symbol.asyncDispose]() };
}

async function openBroker(serverUrl: string, io: Io): Promise<Place> {
  const { createBrokerExecutor } = await import('../../client/executor.ts');
  const apiKey = io.env['ENCLAVE_API_KEY'];
  const executor = createBrokerExecutor({ serverUrl, ...(apiKey === undefined ? {} : { apiKey }) });
  return { executor, [Symbol.asyncDispose]: () => executor[Symbol.asyncDispose]() };
}

function readOptions(flags: RunFlags): RunOptions {
  const read = new OptionReader();
  const limits = readLimitFlags(flags, read);
  if (flags.broker !== undefined && (flags.tools !== undefined || flags.mcp !== undefined))
    read.problem('--broker', 'expected no --tools and no --mcp beside it: the tools are those of the broker');
  if (flags.broker !== undefined && flags.isolation !== undefined)
    read.problem('--broker', 'expected no --isolation beside it: the runtime decides');
  const isolation = read.choice('--isolation', flags.isolation, ['isolate', 'context']);
  if (isolation === 'context' && flags.memory !== undefined)
    read.problem('--memory', 'expected no --memory with --isolation context, whose heap is 512MiB');
  const language = read.choice('--language', flags.language, ['js', 'ts']);
  const args = read.json('--args', flags.args);
  if (flags.json === true && flags.events === true) {
    read.problem('--json', 'expected one of --json and --events, got both');
  }
  read.finish('enclave run', 'enclave run --help lists the options');
  return { args: args ?? {}, language, isolation, limits };
}

function printEvent(io: Io): (event: ExecutionEvent) => void {
  return (event) => io.stdout.write(`${JSON.stringify(event)}\n`);
}

/** The script's console as it happens; warnings and errors carry their level, in colour where there is any. */
function printConsole(io: Io): (event: ExecutionEvent) => void {
  return (event) => {
    if (event.type !== 'log') return;
    const text = printable(event.text);
    const line = event.level === 'warn' ? styled(io.stderr, 'yellow', text) : text;
    io.stderr.write(`${event.level === 'error' ? styled(io.stderr, 'red', text) : line}\n`);
  };
}

function printOutcome(outcome: ExecutionOutcome, script: Script, asJson: boolean, io: Io): void {
  if (asJson) {
    io.stdout.write(`${JSON.stringify({ schema: RUN_SCHEMA, ...outcome }, null, io.stdout.isTty ? 2 : 0)}\n`);
  } else if (outcome.success) {
    io.stdout.write(`${io.stdout.isTty ? JSON.stringify(outcome.value, null, 2) : outcome.valueJson}\n`);
  } else {
    io.stderr.write(renderFailure(outcome.error, script, io.stderr));
  }
}

function statsLine({ stats }: ExecutionOutcome): string {
  const parts = [
    `duration ${formatDuration(stats.durationMs)}`,
    `cpu ${formatDuration(stats.cpuMs)}`,
    `tool calls ${stats.toolCallCount} (${formatDuration(stats.toolMs)})`,
    `console ${formatSize(stats.consoleBytes)}${stats.logsTruncated ? ' (cut)' : ''}`,
    `result ${formatSize(stats.resultBytes)}`,
  ];
  return parts.join(' · ');
}
