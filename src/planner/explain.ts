// Where one number of a plan comes from: its step, the steps and inputs that go into it, down to what was measured or given.
import { EnclaveError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { numberAt, placeRule, segments } from './explain-path.ts';
import type { Plan } from './plan-types.ts';
import { type Provenance, weakest } from './provenance.ts';

/** A number and what it was made from; an input has no parts. */
export interface Explanation {
  readonly id: string;
  readonly title: string;
  /** Formula and numbers of a step, source of an input. */
  readonly how: string;
  readonly value: number;
  readonly unit: string;
  readonly provenance: Provenance;
  /** Empty for an input, and for a number explained further up. */
  readonly parts: readonly Explanation[];
  readonly isExplainedAbove: boolean;
}

/** What goes into each step: ids of steps or names of inputs. Steps of one percentile share the entry after their dash. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  'mean-rate': ['executionsPerDay'],
  'peak-rate': ['mean-rate', 'peakMultiplier'],
  'cpu-per-execution': ['cpuPerExecution', 'dispatchCpuPerExecution'],
  'offered-load': ['peak-rate', 'cpu-per-execution'],
  'in-flight': ['peak-rate', 'serviceMean'],
  'servers-utilisation': ['offered-load', 'maxUtilisation'],
  'instances-raw': ['offered-load', 'maxUtilisation'],
  'instances-thread': ['peak-rate', 'dispatchCpuPerExecution', 'maxUtilisation'],
  'instances-needed': ['instances-raw', 'instances-thread', 'scaling-loss', 'cpuScv', 'serviceMean'],
  instances: ['instances-needed', 'floor', 'spares', 'zones', 'loseZones', 'availabilityTarget'],
  'utilisation-objectives': ['instances-needed', 'cpuScv', 'serviceMean'],
  'up-share': ['instances', 'instanceAvailability', 'zoneAvailability'],
  'cost-month': ['instances', 'catalogue'],
  'cost-million': ['cost-month', 'executionsPerDay'],
};
const SERVERS = ['offered-load', 'cpuScv', 'serviceMean'];

/**
 * The derivation tree of one number.
 * @param field id of a step of the ladder, name of an input, or the path of any number of the plan: `types[1].usdPerMonth`.
 * @throws EnclaveError INVALID_INPUT for another name, with the nearest or all names.
 */
export function explain(plan: Plan, field: string): Explanation {
  const names = explainable(plan);
  if (!names.includes(field)) {
    const found = explainPath(plan, field);
    if (found !== undefined) return found;
    const close = nearest(field, names);
    throw new EnclaveError(
      'INVALID_INPUT',
      `expected the name of a number to explain, got ${JSON.stringify(field)} (${close === undefined ? `it has ${names.join(', ')}, and every path of the JSON such as types[0].usdPerMonth` : `did you mean ${close}?`})`,
    );
  }
  return explainIn(plan, field, new Set());
}

/** A number that is no step itself, with the steps and inputs it was made from. */
function explainPath(plan: Plan, path: string): Explanation | undefined {
  const value = numberAt(plan, path);
  if (value === undefined) return undefined;
  const [head, second = ''] = segments(path);
  if (head === 'inputs') return explainIn(plan, second, new Set());
  const step = head === 'ladder' ? plan.ladder[Number(second)] : undefined;
  if (step !== undefined) return explainIn(plan, step.id, new Set());
  const rule = placeRule(path);
  const seen = new Set<string>();
  const names = explainable(plan);
  const parts = (rule?.parts ?? []).filter((part) => names.includes(part));
  const explained = parts.map((part) => explainIn(plan, part, seen));
  return {
    id: path,
    title: path,
    how: rule?.how ?? `a part of ${head} without a derivation of its own`,
    value,
    unit: rule?.unit ?? '',
    provenance: explained.length === 0 ? 'given' : weakest(...explained.map(({ provenance }) => provenance)),
    parts: explained,
    isExplainedAbove: false,
  };
}

/** Every name that `explain` knows: the steps of the ladder, then the inputs. */
export function explainable({ inputs, ladder }: Plan): readonly string[] {
  return [...ladder.map(({ id }) => id), ...Object.keys(inputs)];
}

function explainIn(plan: Plan, name: string, seen: Set<string>): Explanation {
  const isExplainedAbove = seen.has(name);
  seen.add(name);
  const step = plan.ladder.find(({ id }) => id === name);
  if (step !== undefined) {
    const { formula, id, inputs, provenance, title, unit, value } = step;
    const parts = isExplainedAbove ? [] : partsOf(id).filter((part) => explainable(plan).includes(part));
    return {
      id,
      title,
      how: `${formula}: ${inputs}`,
      value,
      unit,
      provenance,
      parts: parts.map((part) => explainIn(plan, part, seen)),
      isExplainedAbove: isExplainedAbove && partsOf(id).length > 0,
    };
  }
  const input = plan.inputs[name];
  if (input === undefined) throw new EnclaveError('INTERNAL', `${name} is neither a step nor an input`);
  const { provenance, source, unit, value } = input;
  return { id: name, title: name, how: source, value, unit, provenance, parts: [], isExplainedAbove: false };
}

/** Steps of an objective are named `p99-all`, `p99-degraded`, `servers-p99`. */
function partsOf(id: string): readonly string[] {
  const listed = PARTS[id];
  if (listed !== undefined) return listed;
  if (id.startsWith('servers-')) return SERVERS;
  if (id.endsWith('-degraded')) return ['instances-needed', ...SERVERS];
  return /-(all|pooled|host)$/.test(id) ? ['instances', ...SERVERS] : [];
}
