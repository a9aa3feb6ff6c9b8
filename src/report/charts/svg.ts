// Markup as text, escaped, and the scales that charts share. Nothing here knows what is drawn.

/** Makes text safe inside HTML and SVG, in content and in quoted attributes. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => `&#${character.charCodeAt(0)};`);
}

/** One element. `children` is markup already; texts go through {@link escapeMarkup} first. Numbers keep two decimals. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  children = '',
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : escapeMarkup(value ?? '')}"`,
    )
    .join('');
  return `<${name}${written}>${children}</${name}>`;
}

/** Two decimals are a hundredth of a pixel; more would only make files larger. */
export function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export interface Tick {
  readonly at: number;
  readonly label: string;
}

export interface Axis {
  readonly title: string;
  readonly kind: 'linear' | 'log';
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly Tick[];
}

/** Position of `value` on an axis, 0 at its minimum and 1 at its maximum; values outside are put on the edge. */
export function positionOn(axis: Axis, value: number): number {
  const measure = (at: number): number =>
    axis.kind === 'log' ? Math.log10(Math.max(at, Number.MIN_VALUE)) : at;
  const span = measure(axis.max) - measure(axis.min);
  if (span === 0) return 0.5;
  return Math.min(1, Math.max(0, (measure(value) - measure(axis.min)) / span));
}

/** A linear axis from 0 or `min` to a round number above `max`, about five ticks. */
export function linearAxis(
  title: string,
  range: { readonly min?: number; readonly max: number; readonly tight?: boolean },
  label: (value: number) => string,
): Axis {
  const min = range.min ?? 0;
  const span = range.max > min ? range.max - min : 1;
  const step = roundStep(span / 5);
  const max = range.tight === true ? min + span : Math.ceil((min + span) / step - 1e-9) * step;
  const ticks: Tick[] = [];
  // The sum turns a negative zero into zero, which would be printed with its sign.
  for (let i = Math.ceil(min / step - 1e-9) + 0; i * step <= max + step * 1e-6; i++)
    ticks.push({ at: i * step, label: label(i * step) });
  return { title, kind: 'linear', min, max, ticks };
}

/** A logarithmic axis over whole decades, or over 1-2-5 steps where the values span less than two decades. */
export function logAxis(
  title: string,
  range: { readonly min: number; readonly max: number },
  label: (value: number) => string,
): Axis {
  const low = Math.max(range.min, 1e-9);
  const high = Math.max(range.max, low * 1.5);
  const isNarrow = Math.log10(high / low) < 2;
  const steps = isNarrow ? [1, 2, 5] : [1];
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const step of steps) all.push(step * 10 ** power);
  const min = all.findLast((at) => at <= low * (1 + 1e-9)) ?? low;
  const max = all.find((at) => at >= high * (1 - 1e-9)) ?? high;
  const ticks = all.filter((at) => at >= min && at <= max).map((at) => ({ at, label: label(at) }));
  return { title, kind: 'log', min, max, ticks };
}

/** The least of 1, 2, 5 times a power of ten that is at least `raw`. */
function roundStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 5].find((factor) => factor * power >= raw * (1 - 1e-9)) ?? 10);
}
