// Options of the runtime pool of a broker.
import type { Command } from 'commander';
import type { RuntimePoolOptions } from '../autoscale/options.ts';
import { readLabels } from './broker-flags.ts';
import { OptionReader } from './option-reader.ts';

export interface PoolFlags {
  readonly pool?: string;
  readonly poolMin?: string;
  readonly poolMax?: string;
  readonly poolUp?: string;
  readonly poolDown?: string;
  readonly poolInterval?: string;
  readonly poolBudget?: string;
  readonly poolCost?: string;
  readonly poolLabel?: readonly string[];
  readonly poolDeployment?: string;
}

export function poolOptions(command: Command): Command {
  return command
    .option(
      '--pool <driver>',
      'who starts runtimes: local (on this machine), kubernetes, none (default: no pool)',
    )
    .option('--pool-min <n>', 'runtimes that are always there (default: 2)')
    .option('--pool-max <n>', 'most runtimes (default: 10)')
    .option('--pool-up <share>', 'grow above this share of busy places (default: 80%)')
    .option('--pool-down <share>', 'shrink below it, at two checks in a row (default: 30%)')
    .option('--pool-interval <time>', 'between two checks (default: 30s)')
    .option('--pool-budget <usd>', 'what all runtimes together may cost in an hour (default: no bound)')
    .option('--pool-cost <usd>', 'what one runtime costs in an hour')
    .option('--pool-label <name=value...>', 'labels of the runtimes of the pool')
    .option('--pool-deployment <namespace/name>', 'the deployment of the runtimes, for --pool kubernetes');
}

/** @throws EnclaveError INVALID_INPUT; what the options mean together is checked by the broker. */
export function readPoolFlags(flags: PoolFlags): RuntimePoolOptions | undefined {
  const read = new OptionReader();
  const driver = read.choice('--pool', flags.pool, ['local', 'kubernetes', 'none']);
  const whole = { max: 10_000, words: 'from 1 to 10000' };
  const time = { min: 100, max: 3_600_000, words: 'from 100ms to 1h' };
  const options: { [Name in keyof RuntimePoolOptions]: RuntimePoolOptions[Name] | undefined } = {
    driver,
    minSize: read.integer('--pool-min', flags.poolMin, { ...whole, min: 0, words: 'from 0 to 10000' }),
    maxSize: read.integer('--pool-max', flags.poolMax, { ...whole, min: 1 }),
    scaleUpThreshold: share('--pool-up', flags.poolUp, read),
    scaleDownThreshold: share('--pool-down', flags.poolDown, read),
    scaleInterval: read.duration('--pool-interval', flags.poolInterval, time),
    hourlyBudget: money('--pool-budget', flags.poolBudget, read),
    costPerRuntime: money('--pool-cost', flags.poolCost, read),
    labels: flags.poolLabel === undefined ? undefined : readLabels('--pool-label', flags.poolLabel, read),
    kubernetes: deployment(flags.poolDeployment, read),
  };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  if (driver === undefined && given.length > 0)
    read.problem('--pool', 'expected --pool with the other options of the pool, got none');
  read.finish('enclave broker');
  return driver === undefined ? undefined : Object.fromEntries(given);
}

function share(flag: string, text: string | undefined, read: OptionReader): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+(?:\.\d+)?)(%?)$/u.exec(text);
  const value = Number(match?.[1]) / (match?.[2] === '%' ? 100 : 1);
  if (value >= 0 && value <= 1) return value;
  read.problem(flag, `expected a share such as 80% or 0.8, got ${JSON.stringify(text)}`);
  return undefined;
}

function money(flag: string, text: string | undefined, read: OptionReader): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text !== '' && value >= 0 && Number.isFinite(value)) return value;
  read.problem(flag, `expected an amount of US dollars, got ${JSON.stringify(text)}`);
  return undefined;
}

function deployment(text: string | undefined, read: OptionReader): RuntimePoolOptions['kubernetes'] {
  if (text === undefined) return undefined;
  const match = /^(?:([a-z0-9-]+)\/)?([a-z0-9.-]+)$/u.exec(text);
  const [, namespace, name] = match ?? [];
  if (name === undefined) {
    read.problem('--pool-deployment', `expected namespace/name, got ${JSON.stringify(text)}`);
    return undefined;
  }
  return { deployment: name, ...(namespace === undefined ? {} : { namespace }) };
}
