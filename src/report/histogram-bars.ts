// The response-time histogram of the terminal: logarithmic rows, at most eleven, bars in eighths of a character.
import { formatCount } from '../units.ts';

/** One row: latencies from `fromUs` up to the next row's. */
export interface HistogramRow {
  readonly fromUs: number;
  readonly n: number;
}

const MAX_ROWS = 11;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Lower edges in µs between least and greatest value, each a fixed multiple (2, or its power) of the one before. */
export function logEdgesUs(minUs: number, maxUs: number): number[] {
  const low = Math.floor(Math.log2(Math.max(1, minUs)));
  const high = Math.floor(Math.log2(Math.max(1, maxUs)));
  const span = high - low + 1;
  // Narrow distributions get finer rows: halves or quarters of an octave.
  const perOctave = span <= 2 ? 4 : span <= 5 ? 2 : 1;
  const step = Math.max(1, Math.ceil((span * perOctave) / MAX_ROWS));
  const first = Math.floor(Math.log2(Math.max(1, minUs)) * perOctave);
  const last = Math.floor(Math.log2(Math.max(1, maxUs)) * perOctave);
  const edges: number[] = [];
  for (let at = first; at <= last; at += step) edges.push(2 ** (at / perOctave));
  return edges;
}

/** The rows as text, at most `columns` wide. */
export function histogramLines(rows: readonly HistogramRow[], columns: number): string[] {
  const most = Math.max(0, ...rows.map(({ n }) => n));
  if (most === 0) return [];
  const width = Math.max(8, Math.min(48, columns - 32));
  return rows.map(({ fromUs, n }) => {
    const label = label3(fromUs / 1_000).padStart(8);
    return `  ${label} ms │${bar((n / most) * width).padEnd(width)} ${formatCount(n).padStart(10)}`;
  });
}

function label3(ms: number): string {
  const digits = ms < 1 ? 3 : ms < 10 ? 2 : ms < 100 ? 1 : 0;
  return ms.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A bar of `length` characters; anything above 0 is seen. */
function bar(length: number): string {
  const eighths = length > 0 ? Math.max(1, Math.round(length * 8)) : 0;
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}
