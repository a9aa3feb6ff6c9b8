// Lines over two axes as static SVG, drawn twice: once for wide screens and once for narrow ones, so that text keeps its size.
import { type Axis, element, escapeMarkup, positionOn, round } from './svg.ts';

/** Which of the four line styles; colour, dash and marker differ together, so that none is told by colour alone. */
export type LineStyle = 1 | 2 | 3 | 4;

export interface ChartLine {
  readonly name: string;
  readonly style: LineStyle;
  /** Ascending x; a null y interrupts the line. */
  readonly points: readonly (readonly [x: number, y: number | null])[];
  /** Marks every point, for few of them; `only`: nothing is drawn between them. */
  readonly dots?: boolean | 'only';
}

/** A stretch of the x axis. */
export interface ChartBand {
  readonly from: number;
  readonly to: number;
  /** `hatched` cannot be relied on; `shaded` is of another kind; `mark` is an instant worth seeing. */
  readonly kind: 'hatched' | 'shaded' | 'mark';
  readonly label?: string;
}

export interface XyChart {
  readonly title: string;
  /** One sentence that says what is to be seen, for those who do not see it. */
  readonly summary: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly ChartLine[];
  readonly bands?: readonly ChartBand[];
  /** Default: where there is more than one line. */
  readonly hasLegend?: boolean;
  /** Height of the drawing, px; default 260. */
  readonly height?: number;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const WIDTHS = { wide: 560, narrow: 350 } as const;
const CHARACTER_PX = 6.4;

/** The chart with its legend, as markup. */
export function xyChart(chart: XyChart): string {
  const drawings = Object.entries(WIDTHS).map(([name, width]) => drawing(chart, width, name));
  const title = `<figcaption>${escapeMarkup(chart.title)}</figcaption>`;
  return `<figure>${title}${(chart.hasLegend ?? chart.lines.length > 1) ? legend(chart.lines) : ''}${drawings.join('')}</figure>`;
}

function drawing(chart: XyChart, width: number, className: string): string {
  const longest = Math.max(...chart.y.ticks.map(({ label }) => label.length));
  const frame: Frame = {
    width,
    height: chart.height ?? 260,
    left: 12 + longest * CHARACTER_PX,
    right: 14,
    top: 20,
    bottom: 38,
  };
  const parts = [
    ...(chart.bands ?? []).map((band) => bandMarkup(chart, frame, band)),
    yGrid(chart.y, frame),
    xTicks(chart.x, frame),
    ...chart.lines.map((line) => lineMarkup(chart, frame, line)),
    ...bandLabels(chart, frame),
    element(
      'text',
      { class: 'axis', x: frame.width - frame.right, y: frame.height - 4, 'text-anchor': 'end' },
      escapeMarkup(chart.x.title),
    ),
    element('text', { class: 'axis', x: 0, y: 11 }, escapeMarkup(chart.y.title)),
  ];
  return element(
    'svg',
    {
      class: className,
      viewBox: `0 0 ${frame.width} ${frame.height}`,
      role: 'img',
      'aria-label': `${chart.title}. ${chart.summary}`,
    },
    parts.join(''),
  );
}

function xOf(axis: Axis, frame: Frame, value: number): number {
  return frame.left + positionOn(axis, value) * (frame.width - frame.left - frame.right);
}

function yOf(axis: Axis, frame: Frame, value: number): number {
  return frame.height - frame.bottom - positionOn(axis, value) * (frame.height - frame.top - frame.bottom);
}

function yGrid(axis: Axis, frame: Frame): string {
  return axis.ticks
    .map(({ at, label }) => {
      const y = yOf(axis, frame, at);
      const line = element('line', {
        class: 'grid',
        x1: frame.left,
        x2: frame.width - frame.right,
        y1: y,
        y2: y,
      });
      return (
        line +
        element(
          'text',
          { class: 'tick', x: frame.left - 6, y: y + 4, 'text-anchor': 'end' },
          escapeMarkup(label),
        )
      );
    })
    .join('');
}

function xTicks(axis: Axis, frame: Frame): string {
  const base = frame.height - frame.bottom;
  let freeFrom = -Infinity;
  const texts = axis.ticks.map(({ at, label }) => {
    const x = xOf(axis, frame, at);
    const half = (label.length * CHARACTER_PX) / 2;
    const line = element('line', { class: 'base', x1: x, x2: x, y1: base, y2: base + 4 });
    // A label that would touch the one before, or leave the drawing, is left out; its tick stays.
    if (x - half < freeFrom || x + half > frame.width) return line;
    freeFrom = x + half + 6;
    return (
      line + element('text', { class: 'tick', x, y: base + 17, 'text-anchor': 'middle' }, escapeMarkup(label))
    );
  });
  const baseLine = element('line', {
    class: 'base',
    x1: frame.left,
    x2: frame.width - frame.right,
    y1: base,
    y2: base,
  });
  return baseLine + texts.join('');
}

function lineMarkup(chart: XyChart, frame: Frame, line: ChartLine): string {
  const runs: string[][] = [[]];
  const dots: string[] = [];
  for (const [x, y] of line.points) {
    if (y === null) {
      runs.push([]);
      continue;
    }
    const at = [xOf(chart.x, frame, x), yOf(chart.y, frame, y)] as const;
    runs.at(-1)?.push(`${round(at[0])} ${round(at[1])}`);
    if (line.dots !== undefined && line.dots !== false) dots.push(marker(line.style, at));
  }
  if (line.dots === 'only') return dots.join('');
  const paths = runs.map((run) => {
    // A single point between two gaps would be invisible as a line.
    const [only] = run;
    if (run.length === 1 && only !== undefined) return `M${only}h.01`;
    return run.length === 0 ? '' : `M${run.join('L')}`;
  });
  return element('path', { class: `line s${line.style}`, d: paths.join('') }) + dots.join('');
}

/** Each style has a shape of its own. */
export function marker(style: LineStyle, [x, y]: readonly [number, number]): string {
  const shapes = {
    1: 'M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0',
    2: 'M-3.6-3.6h7.2v7.2h-7.2z',
    3: 'M0-4.6L4.4 3.4H-4.4z',
    4: 'M0-5L5 0L0 5L-5 0z',
  };
  return element('path', {
    class: `dot s${style}`,
    transform: `translate(${round(x)} ${round(y)})`,
    d: shapes[style],
  });
}

function bandMarkup(chart: XyChart, frame: Frame, band: ChartBand): string {
  const from = xOf(chart.x, frame, band.from);
  const width = Math.max(band.kind === 'mark' ? 1.5 : 0, xOf(chart.x, frame, band.to) - from);
  if (width <= 0) return '';
  const height = frame.height - frame.top - frame.bottom;
  return element('rect', { class: band.kind, x: from, y: frame.top, width, height });
}

/** Labels at the top, or at the bottom of what is hatched, where rising lines leave room; each at its band's middle but inside the drawing; one that finds no room is left out. */
function bandLabels(chart: XyChart, frame: Frame): string[] {
  const taken: { readonly y: number; readonly from: number; readonly to: number }[] = [];
  return (chart.bands ?? []).flatMap(({ from, kind, label, to }) => {
    if (label === undefined || positionOn(chart.x, to) <= positionOn(chart.x, from)) return [];
    const half = (label.length * CHARACTER_PX) / 2;
    const middle = (xOf(chart.x, frame, from) + xOf(chart.x, frame, to)) / 2;
    const x = Math.min(frame.width - frame.right - half, Math.max(frame.left + half + 2, middle));
    const y = kind === 'hatched' ? frame.height - frame.bottom - 8 : frame.top + 13;
    if (taken.some((other) => other.y === y && x - half < other.to + 4 && x + half > other.from - 4))
      return [];
    taken.push({ y, from: x - half, to: x + half });
    return [
      element(
        'text',
        {
          class: 'band',
          x,
          y: kind === 'hatched' ? frame.height - frame.bottom - 8 : frame.top + 13,
          'text-anchor': 'middle',
        },
        escapeMarkup(label),
      ),
    ];
  });
}

function legend(lines: readonly ChartLine[]): string {
  const items = lines.map((line) => {
    const stroke =
      line.dots === 'only' ? '' : element('path', { class: `line s${line.style}`, d: 'M1 6H29' });
    const mark = line.dots === undefined || line.dots === false ? '' : marker(line.style, [15, 6]);
    const sample = stroke + mark;
    const svg = element('svg', { width: 30, height: 12, 'aria-hidden': 'true' }, sample);
    return `<li>${svg}${escapeMarkup(line.name)}</li>`;
  });
  return `<ul class="legend">${items.join('')}</ul>`;
}
