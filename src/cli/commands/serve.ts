// enclave serve: broker and runtime in one process, with nothing to install.
import { resolve } from 'node:path';
import { Command } from 'commander';
import { brokerOptions, untilInterrupted, workerOptions } from '../broker-flags.ts';
import type { Io } from '../io.ts';
import { ceilingOptions } from '../limit-flags.ts';
import { toolOptions } from '../open-tools.ts';
import { type FlagValues, readSettings, settingsOptions } from '../settings-flags.ts';
import { expectShortLives } from '../short-lived.ts';

export function serveCommand(io: Io): Command {
  const command = new Command('serve').description(
    'Serves scripts over HTTP: broker and runtime in one process. SIGTERM lets what runs end.',
  );
  settingsOptions(workerOptions(brokerOptions(toolOptions(command))))
    .option('--store <kind>', 'memory, or sqlite:FILE, which survives a restart (default: memory)')
    .addHelpText(
      'after',
      `
Examples:
  enclave serve
  enclave serve --tools tools.ts --store sqlite:sessions.db
  enclave serve --preset medium --set stream.heartbeat=20s
  enclave run script.js --broker http://127.0.0.1:3001
  curl -N -H 'accept: text/event-stream' -H 'content-type: application/json' \\
    -d '{"code":"return args.n * 2","input":{"n":21}}' http://127.0.0.1:3001/sessions`,
    )
    .action((flags: FlagValues) => serve(flags, io));
  return ceilingOptions(command);
}

async function serve(flags: FlagValues, io: Io): Promise<void> {
  const { settings } = await readSettings(flags, io);
  const [
    { brokerOptionsOf, localStoreOf, openToolsOf, runtimeOptionsOf },
    { openSidePorts },
    { EnclaveBroker },
    { EnclaveRuntime },
    { createLinkPair },
    { runtimeMetrics },
  ] = await Promise.all([
    import('../broker-settings.ts'),
    import('../side-ports.ts'),
    import('../../enclave-broker.ts'),
    import('../../enclave-runtime.ts'),
    import('../../protocol/link.ts'),
    import('../../telemetry/runtime-metrics.ts'),
  ]);
  expectShortLives();
  const { options, log } = await brokerOptionsOf(settings, io);
  await using opened = await openToolsOf(settings, io);
  const store = await localStoreOf(settings, (file) => resolve(io.cwd, file));
  await using broker = new EnclaveBroker({ ...options, tools: opened.tools, store });
  await using runtime = new EnclaveRuntime(runtimeOptionsOf(settings));
  broker.metrics.add(runtimeMetrics(() => runtime.now));
  const { metrics } = broker;
  await using _ports = await openSidePorts(settings, io, { metrics, missing: () => broker.missing() });
  const at = await broker.listen(settings['server.port'], settings['server.host']);
  const { broker: brokerEnd, runtime: runtimeEnd } = createLinkPair();
  broker.acceptRuntime(brokerEnd);
  await runtime.attach(runtimeEnd);
  io.stderr.write(`listening on ${at.url}\n`);
  log.info({ url: at.url, store: store.kind }, 'listening');
  await untilInterrupted(io);
  io.stderr.write(`stopping; ${broker.running} sessions under way\n`);
  log.info({ running: broker.running }, 'stopping');
  await broker.close(settings['server.drain']);
}
