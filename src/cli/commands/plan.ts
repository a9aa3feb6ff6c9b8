// enclave plan: from a daily volume to a fleet and its cost, derived from a measured run or a stated capacity.
import { resolve } from 'node:path';
import { Command } from 'commander';
import { codeInfo, EnclaveError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import { parseServerlessPrices } from '../../planner/alternatives.ts';
import { type Catalogue, parseCatalogue } from '../../planner/catalogue.ts';
import { planCapacity } from '../../planner/plan-capacity.ts';
import { usualQueue } from '../../planner/queue-kind.ts';
import type { Io } from '../io.ts';
import { OptionReader } from '../option-reader.ts';
import { checkCommand } from '../plan-check.ts';
import { emitManifests } from '../plan-emit.ts';
import type { PlanFlags } from '../plan-flags.ts';
import { readPlanOptions, typeNames } from '../plan-options.ts';
import { checkOutputs, writePlan } from '../plan-output.ts';
import { profileCommand } from '../plan-profile.ts';
import { DEFAULT_CAPACITY_TYPE, REPORTS, readWorkload } from '../plan-workload.ts';
import { readCurve } from '../read-curve.ts';
import { readHistory } from '../read-history.ts';
import { readJson } from '../read-json.ts';
import { readScaling } from '../read-scaling.ts';
import { planVerifyCommand } from './plan-verify.ts';

const SHIPPED_PRICES = new URL('../../../catalogue/ec2-prices.json', import.meta.url);
const SERVERLESS_PRICES = new URL('../../../catalogue/serverless.json', import.meta.url);
/** Enough for a p99 within a few percent, in a fifth of a second. */
const SIMULATED = 40_000;
/** Enough for a probability within 4 points. */
const DRAWS = 600;
const STALE_DAYS = 180;

export function planCommand(io: Io): Command {
  return new Command('plan')
    .enablePositionalOptions()
    .addCommand(planVerifyCommand(io))
    .description('Plan a fleet: instances, cost and the derivation of both, for a volume and an objective.')
    .option('--per-day <volume>', 'executions per day, such as 5M, 1.2k or 1B')
    .option('--per-month <volume>', 'executions per month of 730 hours')
    .option('--peak <factor>', 'peak rate / mean rate (default: 3, marked assumed)')
    .option('--peak-share <share>', 'share of the day that falls into the busiest hour; 0.125 is a peak of 3')
    .option(
      '--curve <file>',
      'demand over a day or week as CSV: 24 or 168 hourly values in any unit; gives the peak',
    )
    .option('--autoscaler <settings>', 'with --curve: any of target=0.6,min=2,max=20,ready=60s,down=300s')
    .option('--slo <objectives>', 'such as p99=100ms or p99=100ms,wait95=50ms; all must hold at the peak')
    .option(
      '--from <reports...>',
      `run reports of one scenario to plan from, or a folder of them, taken together (default: the newest in ${REPORTS}/)`,
    )
    .option(
      '--mix <reports>',
      'reports, or folders of them, of several scenarios with weights, such as a.json:70,b.json:30',
    )
    .option('--mix-machines', 'take reports of different machines together')
    .option('--capacity <rate>', 'stated capacity of one instance instead of a report, such as 15000/s')
    .option('--on <type>', `instance type that --capacity holds for (default: ${DEFAULT_CAPACITY_TYPE})`)
    .option('--types <list>', 'instance types to choose from, such as c6i.large,c7g.large')
    .option('--prices <file>', 'price catalogue (default: the one shipped)')
    .option('--region <name>', 'region to plan for; the prices must be of it')
    .option(
      '--scaling <file>',
      'CSV of instances and throughput, from 6 loads: what instances lose to each other',
    )
    .option('--extrapolate', 'plan with more than twice the measured cores or instances all the same')
    .option(
      '--max-utilisation <share>',
      'busy share of processors at the peak, or slo: as the objectives allow (default: 0.85 with --slo, else 0.7)',
    )
    .option(
      '--queue <kind>',
      'placed: per host, the least loaded; host: per host, at random; split: per instance; pooled: one (default: placed, host with tools)',
    )
    .option('--floor <n>', 'never fewer instances (default: 2)')
    .option('--spares <k>', 'instances that may fail at the peak (default: 1)')
    .option('--zones <n>', 'zones that the fleet is spread over (default: 3)')
    .option('--lose-zones <n>', 'zones that may fail at the peak (default: 0)')
    .option('--availability <percent>', 'share of time that the needed instances are up, such as 99.9')
    .option('--instance-availability <percent>', 'share of time that one instance is up (default: 99.5)')
    .option(
      '--zone-availability <percent>',
      'share of time that a zone is up (default: 100, see --lose-zones)',
    )
    .option('--budget <usd>', 'USD per month that may not be exceeded, such as 500 or 500/month')
    .option('--fixed <usd>', 'USD per month beside the fleet: balancer, store, traffic; added to every cost')
    .option('--serverless-memory <size>', 'memory of a function in the comparison (default: 512MiB)')
    .option('--reserved-discount <percent>', 'discount of reserved instances: which of them pay')
    .option('--confidence <share>', 'probability that the plan must meet its objectives with, such as 0.95')
    .option('--growth <rate>', 'growth of the volume, such as 40%/year: the plan for five years')
    .option(
      '--history <file>',
      'CSV of dates and executions per day, from 6 on: the growth is fitted, instead of --growth',
    )
    .option(
      '--start <date>',
      'with --growth or --history: day from which it counts, for the dates on which ceilings break',
    )
    .option('--seed <n>', 'seed of the simulation (default: 1)')
    .option('--allow-noise', 'plan from a run that declared itself invalid; the plan says so')
    .option(
      '--check <name|file>',
      'check a published plan: enclave, eyeflow, azcore, stratarouter, enzyme or a file',
    )
    .option(
      '--profile <name|file>',
      'the tables of a published guide next to what the formulas give; names as for --check',
    )
    .option(
      '--explain <field>',
      'where one number comes from: a step, an input, or a path such as types[0].instances',
    )
    .option('--emit <dir>', 'write manifests, alerts and a scenario that re-tests the plan into a new folder')
    .option('--md [file]', 'the plan as Markdown, on stdout without a file')
    .option('--html <file>', 'the plan as one self-contained HTML page: no network, no script; - for stdout')
    .option('--json', 'the plan as JSON on stdout')
    .addHelpText(
      'after',
      `
Numbers: k thousand, M million, B billion. 5m is refused: milli, minute or million?
Exit status: 0 met, 2 bad input or unsuitable report, 3 infeasible or over budget,
4 less sure than --confidence asks, 5 --check found a contradiction of severity error.

Examples:
  enclave plan --per-day 5M --peak 3 --slo p99=100ms
  enclave plan --per-day 5M --capacity 200/s --on c6i.2xlarge --json
  enclave plan --per-day 5M --capacity 200/s --emit fleet
  enclave plan --check stratarouter
  enclave plan --profile eyeflow
  enclave plan verify plan.json`,
    )
    .action((flags: PlanFlags) => plan(flags, io));
}

async function plan(flags: PlanFlags, io: Io): Promise<void> {
  if (flags.check !== undefined) return checkCommand(flags.check, flags.json === true, io);
  if (flags.profile !== undefined) return profileCommand(flags.profile, flags.json === true, io);
  const reader = new OptionReader();
  checkOutputs(flags, reader);
  const curve = flags.curve === undefined ? undefined : await readCurve(flags.curve, reader, io);
  const scaling = flags.scaling === undefined ? undefined : await readScaling(flags.scaling, reader, io);
  const history = flags.history === undefined ? undefined : await readHistory(flags.history, reader, io);
  const options = readPlanOptions(flags, reader, { curve, history });
  const catalogue = await readCatalogue(flags.prices, reader, io);
  if (catalogue !== undefined) checkTypes(flags, catalogue, reader);
  if (flags.region !== undefined && catalogue !== undefined && catalogue.region !== flags.region)
    reader.problem(
      '--region',
      `expected ${catalogue.region}, the region of the prices, got ${JSON.stringify(flags.region)} (--prices takes a file of that region)`,
    );
  reader.finish('enclave plan', 'enclave plan --help lists the options');
  if (options === undefined || catalogue === undefined)
    throw new EnclaveError('INTERNAL', 'an option was refused without a message');
  const workload = await readWorkload(options, catalogue, io);
  const serverless = parseServerlessPrices(await readJson(SERVERLESS_PRICES, 'serverless prices'));
  const planned = planCapacity({
    ...options,
    catalogue,
    workload,
    queue: options.queue ?? usualQueue(workload),
    ...(scaling === undefined ? {} : { scaling }),
    // Prices of two regions do not compare.
    ...(serverless.region === catalogue.region
      ? { serverless: { prices: serverless, memoryBytes: options.serverlessMemory } }
      : {}),
    simulation: { seed: options.seed, executions: SIMULATED },
    uncertainty: { seed: options.seed, draws: DRAWS },
  });
  const result = flags.emit === undefined ? planned : await emitManifests(planned, catalogue, flags.emit, io);
  await writePlan(result, flags, io);
  if (result.verdict.status === 'over budget') io.exitWith(codeInfo('INFEASIBLE').exitCode);
  else if (options.confidence !== undefined && (result.certainty?.meets.value ?? 0) < options.confidence)
    io.exitWith(codeInfo('SLO_NOT_MET').exitCode);
}

/** @returns undefined when the file is refused; `reader` then holds why. */
async function readCatalogue(
  path: string | undefined,
  reader: OptionReader,
  io: Io,
): Promise<Catalogue | undefined> {
  const file = path === undefined ? SHIPPED_PRICES : resolve(io.cwd, path);
  const subject = path === undefined ? 'price catalogue' : path;
  const catalogue = await readJson(file, subject)
    .then((data) => parseCatalogue(data, subject))
    .catch((thrown: unknown) => noteFault('--prices', thrown, reader));
  if (catalogue === undefined) return undefined;
  const ageDays = (Date.now() - Date.parse(catalogue.asOf)) / 86_400_000;
  if (ageDays > STALE_DAYS)
    io.stderr.write(
      `note: PRICE-STALE the prices are of ${catalogue.asOf}, ${Math.floor(ageDays)} days ago; --prices takes newer ones\n`,
    );
  return catalogue;
}

function noteFault(flag: string, thrown: unknown, reader: OptionReader): undefined {
  if (!(thrown instanceof EnclaveError) || thrown.code === 'INTERNAL') throw thrown;
  if (thrown.problems.length === 0) reader.problem(flag, thrown.message.replace(`[${thrown.code}] `, ''));
  for (const { message, path } of thrown.problems) reader.problem(`${flag} ${path}`, message);
}

function checkTypes(flags: PlanFlags, { types }: Catalogue, reader: OptionReader): void {
  const names = types.map(({ type }) => type);
  const asked = [
    ...typeNames(flags).map((name) => ({ path: '--types', name })),
    ...(flags.on === undefined ? [] : [{ path: '--on', name: flags.on }]),
  ];
  for (const { name, path } of asked) {
    if (names.includes(name)) continue;
    const close = nearest(name, names);
    const hint = close === undefined ? `it has ${names.join(', ')}` : `did you mean ${close}?`;
    reader.problem(path, `expected a type of the price catalogue, got ${JSON.stringify(name)} (${hint})`);
  }
}
