// Where any number of a plan's JSON comes from: what it says, how it was found, and the steps and inputs that went into it.
import type { Plan } from './plan-types.ts';

/** What is known of the numbers at one kind of place. */
export interface PlaceRule {
  /** Path with `*` for an index or a name: `types.*.usdPerMonth`. */
  readonly place: string;
  readonly unit: string;
  readonly how: string;
  /** Ids of steps and names of inputs. */
  readonly parts: readonly string[];
}

const rule = (place: string, unit: string, how: string, ...parts: readonly string[]): PlaceRule => ({
  place,
  unit,
  how,
  parts,
});

const QUEUE = ['offered-load', 'cpuScv', 'serviceMean'] as const;
const SIZED = ['peak-rate', 'cpu-per-execution', 'maxUtilisation', 'cpuScv', 'serviceMean'] as const;
const BOUGHT = ['floor', 'spares', 'zones', 'loseZones'] as const;

/** Predictions stand at the verdict and at every type. */
const predictions = (at: string): readonly PlaceRule[] => [
  rule(`${at}.predictions.*.p`, '', 'the percentile, as a share of executions'),
  rule(
    `${at}.predictions.*.valueMs`,
    'ms',
    'wait + service, M/G/c, with all instances up',
    'instances',
    ...QUEUE,
  ),
  rule(
    `${at}.predictions.*.degradedMs`,
    'ms',
    'wait + service, M/G/c, with only the instances up that the load needs',
    'instances-needed',
    ...QUEUE,
  ),
  rule(`${at}.predictions.*.limitMs`, 'ms', 'the objective, as given'),
];

/** An estimate with its 95 % interval. */
const estimate = (
  at: string,
  unit: string,
  how: string,
  ...parts: readonly string[]
): readonly PlaceRule[] => [
  rule(`${at}.value`, unit, how, ...parts),
  rule(`${at}.low`, unit, `lower end of the 95 % interval of: ${how}`, ...parts),
  rule(`${at}.high`, unit, `upper end of the 95 % interval of: ${how}`, ...parts),
];

const spread = (at: string, unit: string, how: string): readonly PlaceRule[] => [
  rule(`${at}.median`, unit, `median over the draws: ${how}`),
  rule(`${at}.within80.*`, unit, `10th and 90th percentile over the draws: ${how}`),
  rule(`${at}.within95.*`, unit, `2.5th and 97.5th percentile over the draws: ${how}`),
];

/** The first that fits holds. */
const RULES: readonly PlaceRule[] = [
  rule('verdict.instances', 'instances', 'as bought', 'instances'),
  rule('verdict.peakPerSecond', '/s', 'peak x mean', 'peak-rate'),
  rule('verdict.usdPerMonth', 'USD', 'of the chosen type', 'cost-month'),
  rule('verdict.usdPerMillion', 'USD', 'of the chosen type', 'cost-million'),
  ...predictions('verdict'),
  rule('slos.*.p', '', 'the percentile of the objective, as a share'),
  rule('slos.*.limitMs', 'ms', 'the objective, as given'),
  rule(
    'workload.machine.**',
    '',
    'the machine that the workload was measured on or stated for',
    'testedCores',
  ),
  rule('workload.service.**', '', 'times of executions as measured, kept for plan verify', 'serviceMean'),
  rule(
    'workload.anchors.**',
    '',
    'a load at which times were measured; the model is made to agree with it',
    'serviceMean',
  ),
  rule('workload.**', '', 'what the workload costs, kept for plan verify', 'cpuPerExecution', 'cpuScv'),
  rule('types.*.vcpu', 'vCPU', 'from the price catalogue', 'catalogue'),
  rule('types.*.needed', 'instances', 'least whole N of this type that meets all', ...SIZED),
  rule(
    'types.*.instances',
    'instances',
    'needed, raised by the most demanding of floor, spares, zones',
    ...SIZED,
    ...BOUGHT,
  ),
  rule(
    'types.*.utilisationPeak',
    '',
    'busy share of the processors at the peak, all up',
    'peak-rate',
    'cpu-per-execution',
  ),
  rule(
    'types.*.utilisationMean',
    '',
    'busy share at the peak / (peak / mean)',
    'mean-rate',
    'cpu-per-execution',
  ),
  ...predictions('types.*'),
  rule(
    'types.*.usdPerMonth',
    'USD',
    'instances of this type x its price x 730 h',
    'catalogue',
    ...SIZED,
    ...BOUGHT,
  ),
  rule(
    'types.*.usdPerMillion',
    'USD',
    'cost per month / mean volume of the month',
    'catalogue',
    'executionsPerDay',
  ),
  rule(
    'checks.*.closedFormMs',
    'ms',
    'M/M/c: the processor time taken as exponential',
    'instances-needed',
    ...QUEUE,
  ),
  rule(
    'checks.*.approximationMs',
    'ms',
    'M/G/c, Kimura and Cosmetatos, with the needed instances up',
    'instances-needed',
    ...QUEUE,
  ),
  ...estimate(
    'checks.*.simulatedMs',
    'ms',
    'seeded simulation with the needed instances up',
    'instances-needed',
    ...QUEUE,
  ),
  rule('checks.*.difference', '', 'approximation / simulation - 1'),
  rule('rehearsal.*.executions', 'executions', 'how many were simulated'),
  rule('rehearsal.*.seconds', 's', 'simulated time: executions / rate'),
  rule('rehearsal.*.slice.*', 'instances', 'simulated, and bought', 'instances'),
  rule(
    'rehearsal.*.foretoldP99Ms',
    'ms',
    'as the plan predicts, with the instances of that situation up',
    'instances',
    ...QUEUE,
  ),
  ...estimate(
    'rehearsal.*.simulatedP99Ms',
    'ms',
    'seeded simulation of the bought fleet in that situation, brought to the runs as the plan is',
    'instances',
    ...QUEUE,
  ),
  rule('rehearsal.*.difference', '', 'foretold / simulated - 1'),
  rule('rehearsal.*.missShare', '', 'share of simulated responses beyond the first objective for them'),
  rule('rehearsal.*.mayMiss', '', '1 - p of that objective'),
  rule('rehearsal.*.restarted', 'executions', 'started again because their instance was lost'),
  rule('rehearsal.*.instances.foretold', 'instances', 'mean of the hour in the replay of the curve'),
  rule('rehearsal.*.instances.simulated', 'instances', 'mean in the simulation: instance-hours / hours'),
  rule('certainty.draws', 'draws', 'how often all inputs were drawn again within their errors'),
  ...estimate(
    'certainty.meets',
    '',
    'share of draws in which every objective holds, all up',
    'instances',
    ...QUEUE,
  ),
  ...estimate(
    'certainty.meetsDegraded',
    '',
    'share of draws in which every objective holds with the spares lost',
    'instances-needed',
    ...QUEUE,
  ),
  ...spread('certainty.instances', 'instances', 'instances to buy'),
  ...spread('certainty.usdPerMonth', 'USD', 'instances to buy x price'),
  rule('certainty.inputs.*.spread95', '', 'half width of the 95 % range of this input, relative'),
  rule(
    'certainty.inputs.*.needed95.*',
    'instances',
    'instances needed at the ends of 95 % of draws of this input alone',
  ),
  rule('certainty.asked', '', 'the confidence asked for'),
  rule(
    'certainty.instancesForAsked',
    'instances',
    'least N whose share of draws reaches the confidence asked for',
  ),
  rule('sensitivity.*.value', '', 'the input as planned with'),
  rule(
    'sensitivity.*.mayGrowBy',
    '',
    'largest factor of this input alone at which all instances still do',
    'instances',
  ),
  rule(
    'sensitivity.*.mayGrowByDegraded',
    '',
    'largest factor of this input alone at which the needed instances still do',
    'instances-needed',
  ),
  rule('sensitivity.*.neededIfLess', 'instances', 'sized again with this input 25 % less', ...SIZED),
  rule('sensitivity.*.neededIfMore', 'instances', 'sized again with this input 25 % more', ...SIZED),
  rule('sweep.*.perDay', 'executions/day', 'a volume looked at', 'executionsPerDay'),
  rule('sweep.*.peak', '', 'a peak / mean looked at'),
  rule(
    'sweep.*.instances',
    'instances',
    'the chosen type, sized again for this volume and peak',
    ...SIZED,
    ...BOUGHT,
  ),
  rule('sweep.*.usdPerMonth', 'USD', 'those instances x price x 730 h', 'catalogue'),
  rule('growth.*.year', 'years', 'years from now'),
  rule('growth.*.perDay', 'executions/day', 'volume x (1 + growth) ^ years', 'executionsPerDay'),
  rule('growth.*.peakPerSecond', '/s', 'that volume / 86,400 x peak', 'peakMultiplier'),
  rule(
    'growth.*.instances',
    'instances',
    'the chosen type, sized again for that volume',
    ...SIZED,
    ...BOUGHT,
  ),
  rule('growth.*.usdPerMonth', 'USD', 'those instances x price x 730 h', 'catalogue'),
  rule('ceilings.*.growBy', '', 'factor of the volume at which this limit is reached', ...SIZED),
  rule('ceilings.*.perDay', 'executions/day', 'volume x that factor', 'executionsPerDay'),
  rule('ceilings.*.years', 'years', 'ln(factor) / ln(1 + growth)'),
  rule('day.hours.*.ratePerSecond', '/s', 'the curve, scaled to the volume', 'mean-rate'),
  rule(
    'day.hours.*.needed',
    'instances',
    'sized for the rate of the hour, spares included',
    ...SIZED,
    ...BOUGHT,
  ),
  rule(
    'day.hours.*.autoscaled',
    'instances',
    'mean number that the replayed autoscaler kept ordered',
    'instances',
  ),
  rule('day.hours.*.missShare', '', 'share of executions that arrived while an objective was missed'),
  rule('day.hours.*.hour', '', 'hour from the start of the curve'),
  rule(
    'day.**',
    '',
    'the chosen type over the curve, fixed and autoscaled',
    'instances',
    'catalogue',
    'executionsPerDay',
  ),
  rule(
    'alternatives.serverless.**',
    '',
    'requests and GB-seconds of the same volume at the prices of that offer',
    'executionsPerDay',
    'serviceMean',
  ),
  rule(
    'alternatives.reserved.**',
    '',
    'the n-th instance is reserved when it runs more of the hours than 1 - discount',
    'cost-month',
  ),
];

/** The number at a path such as `types[0].usdPerMonth` or `types.0.usdPerMonth`; undefined when there is none. */
export function numberAt(plan: Plan, path: string): number | undefined {
  let value: unknown = plan;
  for (const key of segments(path)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
  }
  return typeof value === 'number' ? value : undefined;
}

/** What is known of the number at a path; undefined for a place that no rule speaks of. */
export function placeRule(path: string): PlaceRule | undefined {
  const keys = segments(path);
  return RULES.find(({ place }) => fits(place.split('.'), keys));
}

/** `types[0].p` as `types`, `0`, `p`. */
export function segments(path: string): readonly string[] {
  return path.replaceAll(/\[(\d+)\]/g, '.$1').split('.');
}

/** `*` stands for one key, `**` at the end for any further. */
function fits(place: readonly string[], keys: readonly string[]): boolean {
  const isOpen = place.at(-1) === '**';
  const fixed = isOpen ? place.slice(0, -1) : place;
  if (isOpen ? keys.length <= fixed.length : keys.length !== fixed.length) return false;
  return fixed.every((part, index) => part === '*' || part === keys[index]);
}
