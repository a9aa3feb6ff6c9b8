// enclave serve: broker and runtime in one process, with nothing to install.
import { resolve } from 'node:path';
import { Command } from 'commander';
import {
  type BrokerFlags,
  brokerOptions,
  readBrokerFlags,
  readWorkerFlags,
  untilInterrupted,
  type WorkerFlags,
  workerOptions,
} from '../broker-flags.ts';
import type { Io } from '../io.ts';
import { openTools, type ToolFlags, toolOptions } from '../open-tools.ts';
import { OptionReader } from '../option-reader.ts';

type ServeFlags = BrokerFlags & WorkerFlags & ToolFlags & { readonly store?: string };

export function serveCommand(io: Io): Command {
  const command = new Command('serve').description(
    'Serves scripts over HTTP: broker and runtime in one process. SIGTERM lets what runs end.',
  );
  return workerOptions(brokerOptions(toolOptions(command)))
    .option('--store <kind>', 'memory, or sqlite:FILE, which survives a restart (default: memory)')
    .addHelpText(
      'after',
      `
Examples:
  enclave serve
  enclave serve --tools tools.ts --store sqlite:sessions.db
  enclave run script.js --broker http://127.0.0.1:3001
  curl -N -H 'accept: text/event-stream' -H 'content-type: application/json' \\
    -d '{"code":"return args.n * 2","input":{"n":21}}' http://127.0.0.1:3001/sessions`,
    )
    .action((flags: ServeFlags) => serve(flags, io));
}

async function serve(flags: ServeFlags, io: Io): Promise<void> {
  const read = new OptionReader();
  const file = /^sqlite:(.+)$/u.exec(flags.store ?? '')?.[1];
  if (flags.store !== undefined && flags.store !== 'memory' && file === undefined)
    read.problem('--store', `expected memory or sqlite:FILE, got ${JSON.stringify(flags.store)}`);
  const workers = readWorkerFlags(flags, read);
  read.finish('enclave serve');
  const { drainMs, host, port, ...settings } = await readBrokerFlags('enclave serve', flags, io);
  const [{ EnclaveBroker }, { EnclaveRuntime }, { createLinkPair }] = await Promise.all([
    import('../../enclave-broker.ts'),
    import('../../enclave-runtime.ts'),
    import('../../protocol/link.ts'),
  ]);
  await using opened = await openTools(flags, io);
  await using broker = new EnclaveBroker({
    ...settings,
    tools: opened.tools,
    secrets: (name) => io.env[name],
    ...(file === undefined ? {} : { store: await sqliteStore(resolve(io.cwd, file)) }),
  });
  await using runtime = new EnclaveRuntime(workers);
  const at = await broker.listen(port, host);
  const { broker: brokerEnd, runtime: runtimeEnd } = createLinkPair();
  broker.acceptRuntime(brokerEnd);
  await runtime.attach(runtimeEnd);
  io.stderr.write(`listening on ${at.url}\n`);
  await untilInterrupted(io);
  io.stderr.write(`stopping; ${broker.running} sessions under way\n`);
  await broker.close(drainMs);
}

async function sqliteStore(file: string): Promise<import('../../store/store.ts').Store> {
  const { createSqliteStore } = await import('../../store/sqlite.ts');
  const { realClock } = await import('../../clock.ts');
  return createSqliteStore({ file, clock: realClock });
}
