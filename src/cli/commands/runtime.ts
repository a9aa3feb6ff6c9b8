// enclave runtime: runs the scripts that brokers hand out.
import { Command } from 'commander';
import { readSecretFile, untilInterrupted, workerOptions } from '../broker-flags.ts';
import { type Io, printable } from '../io.ts';
import { ceilingOptions } from '../limit-flags.ts';
import { type FlagValues, missingSetting, readSettings, settingsOptions } from '../settings-flags.ts';

export function runtimeCommand(io: Io): Command {
  const command = new Command('runtime').description(
    'Runs scripts that a broker hands out. It holds no secrets: tools run at the broker.',
  );
  settingsOptions(workerOptions(command))
    .option('--broker <url>', 'ws://, wss://, http:// or https:// of a broker; several with commas')
    .option('--label <name=value...>', 'labels that sessions are routed by, such as region=eu')
    .option('--token-file <file>', 'the token that the broker asks runtimes for')
    .option('--drain <time>', 'at SIGTERM: how long running scripts may take to end (default: 30s)')
    .addHelpText(
      'after',
      '\nExample:\n  enclave runtime --broker ws://127.0.0.1:3001 --label region=eu --label tier=standard',
    )
    .action((flags: FlagValues) => runRuntime(flags, io));
  return ceilingOptions(command);
}

async function runRuntime(flags: FlagValues, io: Io): Promise<void> {
  const { settings } = await readSettings(flags, io);
  const { 'runtime.broker': brokerUrl, 'runtime.tokenFile': tokenFile } = settings;
  if (brokerUrl === undefined)
    throw missingSetting('--broker', 'URLs of brokers (or the setting runtime.broker)');
  const token = tokenFile === undefined ? undefined : await readSecretFile('--token-file', tokenFile, io);
  const [
    { EnclaveRuntime },
    { runtimeOptionsOf },
    { openSidePorts },
    { MetricsRegistry },
    { runtimeMetrics },
    { createLog },
  ] = await Promise.all([
    import('../../enclave-runtime.ts'),
    import('../broker-settings.ts'),
    import('../side-ports.ts'),
    import('../../telemetry/registry.ts'),
    import('../../telemetry/runtime-metrics.ts'),
    import('../../telemetry/log.ts'),
  ]);
  const log = createLog({
    level: settings['log.level'],
    write: (line) => io.stderr.write(line),
    base: { part: 'runtime' },
    secrets: token === undefined ? [] : [token.trim()],
  });
  await using runtime = new EnclaveRuntime({
    ...runtimeOptionsOf(settings),
    brokerUrl,
    ...(token === undefined ? {} : { token: token.trim() }),
    onState: (state, detail) => {
      const isUp = state === 'connected';
      io.stderr.write(isUp ? `connected to ${detail}\n` : `connection lost: ${printable(detail)}\n`);
      log[isUp ? 'info' : 'warn']({ detail }, isUp ? 'connected' : 'connection lost');
    },
  });
  const metrics = new MetricsRegistry();
  metrics.add(runtimeMetrics(() => runtime.now));
  await using _ports = await openSidePorts(settings, io, { metrics, missing: async () => runtime.missing });
  const interrupted = untilInterrupted(io);
  await Promise.race([runtime.connect(), interrupted]);
  await interrupted;
  io.stderr.write(`draining; ${runtime.busy} scripts under way\n`);
  log.info({ busy: runtime.busy }, 'draining');
  const { realClock } = await import('../../clock.ts');
  const { promise: tooLate, resolve } = Promise.withResolvers<void>();
  const stop = realClock.setTimer(settings['runtime.drain'], resolve);
  await Promise.race([runtime.drain(), tooLate]);
  stop();
}
