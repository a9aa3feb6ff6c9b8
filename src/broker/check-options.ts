// What must hold of a broker's options: they may come from plain JavaScript, so nothing of them is taken for granted.
import { invalidInput, type Problem, toEnclaveError } from '../errors.ts';
import { labels } from '../protocol/fields.ts';
import { ROUTING_STRATEGIES } from './routing.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

interface Range {
  readonly min: number;
  readonly max: number;
  readonly isWhole?: boolean;
}

const count: Range = { min: 1, max: 1_000_000, isWhole: true };
/** By dotted path; what is absent has its default. */
const RANGES: Readonly<Record<string, Range>> = {
  maxConcurrentSessions: count,
  maxSessionsPerTenant: count,
  sessionTimeout: { min: 1, max: DAY_MS },
  maxQueueWait: { min: 0, max: DAY_MS },
  'rateLimit.perSecond': { min: 1e-6, max: 1e6 },
  'rateLimit.burst': { min: 1, max: 1e6 },
  'toolBreaker.failures': count,
  'toolBreaker.openFor': { min: 1, max: DAY_MS },
  heartbeatInterval: { min: 10, max: HOUR_MS },
  lease: { min: 100, max: HOUR_MS },
  reattach: { min: 0, max: HOUR_MS },
  streamHeartbeat: { min: 10, max: HOUR_MS },
};

/** @throws EnclaveError INVALID_INPUT with every problem. */
export function checkBrokerOptions(options: object): void {
  const problems: Problem[] = [];
  for (const [path, range] of Object.entries(RANGES)) {
    const value = valueAt(options, path);
    if (value === undefined || isWithin(value, range)) continue;
    const kind = range.isWhole === true ? 'a whole number' : 'a number';
    problems.push({
      path,
      message: `expected ${kind} from ${range.min} to ${range.max}, got ${show(value)}`,
    });
  }
  if (valueAt(options, 'rateLimit') !== undefined && valueAt(options, 'rateLimit.perSecond') === undefined)
    problems.push({ path: 'rateLimit.perSecond', message: 'expected a number of sessions, got nothing' });
  const strategy = valueAt(options, 'routingStrategy');
  if (strategy !== undefined && !ROUTING_STRATEGIES.some((name) => name === strategy))
    problems.push({
      path: 'routingStrategy',
      message: `expected one of ${ROUTING_STRATEGIES.join(', ')}, got ${show(strategy)}`,
    });
  const fallback = valueAt(options, 'fallback');
  if (fallback !== undefined && fallback !== 'memory')
    problems.push({ path: 'fallback', message: `expected memory, got ${show(fallback)}` });
  problems.push(...ruleProblems(valueAt(options, 'routingRules')));
  if (problems.length > 0) throw invalidInput('broker options', problems);
}

function ruleProblems(rules: unknown): Problem[] {
  if (rules === undefined) return [];
  if (!Array.isArray(rules))
    return [{ path: 'routingRules', message: `expected a list of rules, got ${show(rules)}` }];
  return rules.flatMap((rule: unknown, index) =>
    ['match', 'target'].flatMap((side) => {
      const path = `routingRules[${index}].${side}`;
      try {
        labels(valueAt(rule, side), path);
        return [];
      } catch (thrown) {
        return [{ path, message: toEnclaveError(thrown).message.replace(/^\[\w+\] /u, '') }];
      }
    }),
  );
}

function isWithin(value: unknown, { min, max, isWhole }: Range): boolean {
  return (
    typeof value === 'number' && value >= min && value <= max && (isWhole !== true || Number.isInteger(value))
  );
}

function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
      value,
    );
}

function show(value: unknown): string {
  return `${typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value)} (${typeof value})`;
}
