// Where the slowest executions spent their time, as shares and in one line.
import { formatCount } from '../units.ts';
import type { RunReport, TailExecution } from './run-report.ts';

export interface TailRow {
  readonly execution: TailExecution;
  /** Shares of the response time, by part, in the order of {@link TAIL_PARTS}; empty where the target does not tell. */
  readonly shares: readonly number[];
}

export interface TailModel {
  readonly rows: readonly TailRow[];
  readonly note: string;
}

/** The parts of a response time, in their order, with what to call them. */
export const TAIL_PARTS = [
  ['late_us', 'late (generator)'],
  ['queue_us', 'queue'],
  ['start_us', 'start and wait for a core'],
  ['cpu_us', 'CPU'],
  ['tool_us', 'tools'],
  ['transfer_us', 'transfer'],
] as const;

/** Undefined where the report keeps no tail. */
export function tailModel({ tail }: RunReport): TailModel | undefined {
  if (tail === undefined || tail.slowest.length === 0) return undefined;
  const rows = tail.slowest.map((execution) => {
    const isKnown = execution.queue_us !== null && execution.response_us > 0;
    return {
      execution,
      shares: isKnown ? TAIL_PARTS.map(([field]) => (execution[field] ?? 0) / execution.response_us) : [],
    };
  });
  return { rows, note: tailNote(tail.slowest) };
}

/** What the slowest have in common: the part that takes most of them, and how many met a stall. */
export function tailNote(slowest: readonly TailExecution[]): string {
  const total = slowest.reduce((sum, { response_us }) => sum + response_us, 0);
  const shares = TAIL_PARTS.map(([field, name]) => ({
    name,
    share: slowest.reduce((sum, execution) => sum + (execution[field] ?? 0), 0) / Math.max(1, total),
  }));
  const told = shares
    .toSorted((a, b) => b.share - a.share)
    .filter(({ share }) => share >= 0.005)
    .slice(0, 4)
    .map(({ name, share }) => `${name} ${formatCount(share * 100, 0)} %`);
  const met = (kind: 'gc' | 'loop-block'): number =>
    slowest.filter(({ overlaps }) => overlaps.includes(kind)).length;
  return `slowest ${formatCount(slowest.length)}: ${told.join(', ') || 'the target does not tell'}; met a garbage collection ${met('gc')}, an event-loop block ${met('loop-block')}`;
}
