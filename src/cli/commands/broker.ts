// enclave broker: one of any number of brokers that share a Redis.
import { Command } from 'commander';
import { type BrokerFlags, brokerOptions, readBrokerFlags, untilInterrupted } from '../broker-flags.ts';
import { type Io, printable } from '../io.ts';
import { openTools, type ToolFlags, toolOptions } from '../open-tools.ts';
import { type PoolFlags, poolOptions, readPoolFlags } from '../pool-flags.ts';

type Flags = BrokerFlags & ToolFlags & PoolFlags & { readonly redis: string };

export function brokerCommand(io: Io): Command {
  const command = new Command('broker').description(
    'Serves sessions over HTTP and hands them to runtimes. Brokers share nothing but Redis: start as many as you like.',
  );
  return poolOptions(brokerOptions(toolOptions(command)))
    .requiredOption('--redis <url>', 'redis://[:password@]host:port[/db] of a Redis 7 or later')
    .addHelpText(
      'after',
      `
Examples:
  enclave broker --redis redis://127.0.0.1:6379 --tools tools.ts
  enclave runtime --broker ws://127.0.0.1:3001
  enclave broker --redis redis://127.0.0.1:6379 --pool local --pool-min 1 --pool-max 4`,
    )
    .action((flags: Flags) => serveBroker(flags, io));
}

async function serveBroker(flags: Flags, io: Io): Promise<void> {
  const { drainMs, host, port, ...settings } = await readBrokerFlags('enclave broker', flags, io);
  const runtimePool = readPoolFlags(flags);
  const { EnclaveBroker } = await import('../../enclave-broker.ts');
  await using opened = await openTools(flags, io);
  await using broker = new EnclaveBroker({
    ...settings,
    redis: flags.redis,
    tools: opened.tools,
    secrets: (name) => io.env[name],
    ...(runtimePool === undefined ? {} : { runtimePool }),
    onPoolNotice: ({ kind, message }) => io.stderr.write(`pool ${kind}: ${printable(message)}\n`),
  });
  const at = await broker.listen(port, host);
  io.stderr.write(`listening on ${at.url}\n`);
  await untilInterrupted(io);
  io.stderr.write(`stopping; ${broker.running} sessions under way\n`);
  await broker.close(drainMs);
}
