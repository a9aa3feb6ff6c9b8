// Special functions of the statistics that the planner prints: ln Gamma, incomplete beta, Student's t, normal quantiles.
// Source: W. H. Press et al., "Numerical Recipes" (2007), sections 6.1 and 6.4; Lanczos coefficients for g = 7, n = 9 after
// P. Godfrey (2001).

const LANCZOS = [
  0.999_999_999_999_809_93, 676.520_368_121_885_1, -1_259.139_216_722_402_8, 771.323_428_777_653_13,
  -176.615_029_162_140_59, 12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_571_6e-6,
  1.505_632_735_149_311_6e-7,
] as const;

/** ln Gamma(x) for x > 0, relative error near 1e-14. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  const t = z + 7.5;
  let sum: number = LANCZOS[0];
  for (const [index, coefficient] of LANCZOS.entries()) if (index > 0) sum += coefficient / (z + index);
  return Math.log(2 * Math.PI) / 2 + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** The regularised incomplete beta function I_x(a, b), a and b above 0, x in [0, 1]: continued fraction of Lentz. */
export function incompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast below the mean of the distribution; above it the mirror image does.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(b, a, 1 - x);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return (front / a) * betaFraction(a, b, x);
}

function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  return fraction;
}

/** P(T <= t) for Student's t with `degrees` of freedom, above 0. */
export function studentCdf(t: number, degrees: number): number {
  const tail = incompleteBeta(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2;
  return t > 0 ? 1 - tail : tail;
}

/** The t that a share p of Student's t lies below, p in (0, 1): by halving, to the last bits. */
export function studentQuantile(p: number, degrees: number): number {
  return bisect((t) => studentCdf(t, degrees), p);
}

/** P(Z <= z) for the standard normal law, by the incomplete gamma function of erfc; absolute error below 1e-15. */
export function normalCdf(z: number): number {
  // Phi(z) = 1/2 + phi(z) (z + z^3/3 + z^5/15 + ...) near 0; the continued fraction of Mills' ratio in the tails.
  if (Math.abs(z) < 6) {
    let term = z;
    let sum = z;
    for (let k = 1; Math.abs(term) > 1e-18 * Math.abs(sum); k++) {
      term *= (z * z) / (2 * k + 1);
      sum += term;
    }
    return 0.5 + sum * normalDensity(z);
  }
  const size = Math.abs(z);
  let ratio = 0;
  for (let k = 60; k > 0; k--) ratio = k / (size + ratio);
  const tail = normalDensity(size) / (size + ratio);
  return z > 0 ? 1 - tail : tail;
}

/** The z that a share p of the standard normal law lies below, p in (0, 1). */
export function normalQuantile(p: number): number {
  return bisect(normalCdf, p);
}

function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** Where a rising distribution function reaches p. */
function bisect(cdf: (x: number) => number, p: number): number {
  if (!(p > 0 && p < 1)) return p <= 0 ? -Infinity : Infinity;
  let low = -1;
  let high = 1;
  while (cdf(low) > p) low *= 2;
  while (cdf(high) < p) high *= 2;
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle;
    if (cdf(middle) < p) low = middle;
    else high = middle;
  }
}
