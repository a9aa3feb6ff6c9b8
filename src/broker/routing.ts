// Which runtimes may run a session: labels to a route, and a route to the runtimes that satisfy it. One resolver for all.
import type { Labels, Priority } from '../protocol/events.ts';

/**
 * How one of the runtimes that fit is chosen: `label-match` and `least-loaded` take the one with the smallest share of its
 * places taken, `round-robin` the one whose turn it is. The rules apply to all three.
 */
export const ROUTING_STRATEGIES = ['label-match', 'least-loaded', 'round-robin'] as const;
export type RoutingStrategy = (typeof ROUTING_STRATEGIES)[number];

export interface RoutingRule {
  /** Labels that a session must have; `priority` counts as one. */
  readonly match: Labels;
  /** Labels that its runtime must have. */
  readonly target: Labels;
}

/** The route of sessions that no rule matches: any runtime. */
export const ANY_ROUTE = 'any';

/** The target of the first rule whose `match` the session has, as text: the same for the same target. */
export function routeOf(labels: Labels, priority: Priority, rules: readonly RoutingRule[]): string {
  if (rules.length === 0) return ANY_ROUTE;
  const all: Labels = { ...labels, priority };
  const rule = rules.find(({ match }) => isSubset(match, all));
  return rule === undefined ? ANY_ROUTE : routeName(rule.target);
}

/** Every route that the rules can give; `any` first. */
export function routesOf(rules: readonly RoutingRule[]): string[] {
  return [...new Set([ANY_ROUTE, ...rules.map(({ target }) => routeName(target))])];
}

export function satisfies(runtime: Labels, route: string): boolean {
  if (route === ANY_ROUTE) return true;
  return route.split(',').every((pair) => {
    const [name = '', value] = pair.split('=');
    return runtime[name] === value;
  });
}

function routeName(target: Labels): string {
  const pairs = Object.entries(target).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? ANY_ROUTE : pairs.sort().join(',');
}

function isSubset(part: Labels, whole: Labels): boolean {
  return Object.entries(part).every(([name, value]) => whole[name] === value);
}

/** Of n places, how many go to each priority first: 8 : 3 : 1, so that `low` is never starved. */
export function quotas(n: number, turn: number): Record<Priority, number> {
  const share: Record<Priority, number> = { high: 0, normal: 0, low: 0 };
  for (let i = 0; i < Math.min(n, TURNS.length); i++) {
    const priority = TURNS[(turn + i) % TURNS.length] ?? 'high';
    share[priority] += Math.ceil((n - i) / TURNS.length);
  }
  return share;
}

const TURNS: readonly Priority[] = [
  ...(['high', 'high', 'normal', 'high', 'high', 'normal'] as const),
  ...(['high', 'high', 'low', 'high', 'normal', 'high'] as const),
];
