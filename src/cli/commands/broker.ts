// enclave broker: one of any number of brokers that share a Redis.
import { Command } from 'commander';
import { brokerOptions, untilInterrupted } from '../broker-flags.ts';
import type { Io } from '../io.ts';
import { ceilingOptions } from '../limit-flags.ts';
import { toolOptions } from '../open-tools.ts';
import { poolOptions } from '../pool-flags.ts';
import { type FlagValues, readSettings, settingsOptions } from '../settings-flags.ts';
import { expectShortLives } from '../short-lived.ts';

export function brokerCommand(io: Io): Command {
  const command = new Command('broker').description(
    'Serves sessions over HTTP and hands them to runtimes. Brokers share nothing but Redis: start as many as you like.',
  );
  settingsOptions(poolOptions(brokerOptions(toolOptions(command))))
    .option('--redis <url>', 'redis://[:password@]host:port[/db] of a Redis 7 or later')
    .option('--fallback <kind>', 'memory: while Redis is away, run what has no idempotency key here')
    .addHelpText(
      'after',
      `
Examples:
  enclave broker --redis redis://127.0.0.1:6379 --tools tools.ts
  enclave runtime --broker ws://127.0.0.1:3001
  enclave broker --redis redis://127.0.0.1:6379 --pool local --pool-min 1 --pool-max 4`,
    )
    .action((flags: FlagValues) => serveBroker(flags, io));
  return ceilingOptions(command);
}

async function serveBroker(flags: FlagValues, io: Io): Promise<void> {
  const { settings } = await readSettings(flags, io);
  const [{ brokerOptionsOf, openToolsOf, redisStoreOf }, { openSidePorts }, { EnclaveBroker }] =
    await Promise.all([
      import('../broker-settings.ts'),
      import('../side-ports.ts'),
      import('../../enclave-broker.ts'),
    ]);
  expectShortLives();
  const { options, log } = await brokerOptionsOf(settings, io);
  const store = await redisStoreOf(settings);
  await using opened = await openToolsOf(settings, io);
  await using broker = new EnclaveBroker({ ...options, tools: opened.tools, store });
  const { metrics } = broker;
  await using _ports = await openSidePorts(settings, io, { metrics, missing: () => broker.missing() });
  const at = await broker.listen(settings['server.port'], settings['server.host']);
  io.stderr.write(`listening on ${at.url}\n`);
  log.info({ url: at.url, store: store.kind }, 'listening');
  await untilInterrupted(io);
  io.stderr.write(`stopping; ${broker.running} sessions under way\n`);
  log.info({ running: broker.running }, 'stopping');
  await broker.close(settings['server.drain']);
}
