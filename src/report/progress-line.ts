// The live line of a run.
import { formatCount, formatRate } from '../units.ts';
import { formatMs } from './latency-rows.ts';

/** What a progress line shows. Rates are over the last second; null before there is one. */
export interface ProgressView {
  readonly phase: string;
  readonly elapsedS: number;
  /** Null when a count ends the run. */
  readonly totalS: number | null;
  /** 0..1 */
  readonly doneRatio: number;
  readonly askedPerSecond: number | null;
  readonly donePerSecond: number | null;
  readonly p99Us: number | null;
  readonly inFlightN: number;
  readonly droppedN: number;
  readonly failedN: number;
}

const BAR = 24;

/** One line without a newline, cut to `columns`. */
export function formatProgress(view: ProgressView, columns: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, view.doneRatio)) * BAR);
  const bar = '━'.repeat(filled) + '─'.repeat(BAR - filled);
  const total = view.totalS === null ? '' : `/${formatCount(view.totalS, 0)}`;
  const parts = [
    `${view.phase} ${columns >= 100 ? `${bar} ` : ''}${formatCount(view.elapsedS, 0)}${total} s`,
    view.askedPerSecond === null ? '' : `asked ${formatRate(view.askedPerSecond)}`,
    view.donePerSecond === null ? '' : `done ${formatRate(view.donePerSecond)}`,
    view.p99Us === null ? '' : `p99 ${formatMs(view.p99Us)} ms`,
    `in flight ${formatCount(view.inFlightN)}`,
    `dropped ${formatCount(view.droppedN)}`,
    `failed ${formatCount(view.failedN)}`,
  ];
  const line = parts.filter((part) => part !== '').join('  ');
  return line.length < columns ? line : line.slice(0, Math.max(0, columns - 1));
}
