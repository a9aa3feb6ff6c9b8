// Nonlinear least squares by Levenberg and Marquardt, for models with a few parameters and an analytic Jacobian.
// Source: D. W. Marquardt (1963); scaling by the diagonal, so that parameters of any size are treated alike.

export interface Residuals {
  /** Weighted residuals, one for each sample. */
  readonly residuals: readonly number[];
  /** Rows: d residual / d parameter. */
  readonly jacobian: readonly (readonly number[])[];
}

export interface LeastSquaresFit {
  readonly parameters: readonly number[];
  readonly rss: number;
  /** (J^T J)^-1 at the solution; undefined when the samples do not determine the parameters. */
  readonly covariance: readonly (readonly number[])[] | undefined;
}

const MAX_STEPS = 500;

/** Minimises the sum of squared residuals from a start. Every accepted step lowers it. */
export function leastSquares(
  evaluate: (parameters: readonly number[]) => Residuals,
  start: readonly number[],
): LeastSquaresFit {
  let parameters = [...start];
  let current = evaluate(parameters);
  let rss = sumOfSquares(current.residuals);
  let damping = 1e-3;
  for (let step = 0; step < MAX_STEPS && damping < 1e16; step++) {
    const normal = normalMatrix(current.jacobian);
    const gradient = gradientOf(current);
    const damped = normal.map((row, i) => row.map((value, j) => (i === j ? value * (1 + damping) : value)));
    const change = solve(
      damped,
      gradient.map((value) => -value),
    );
    const candidate =
      change === undefined ? undefined : parameters.map((value, i) => value + (change[i] ?? 0));
    const next = candidate === undefined ? undefined : evaluate(candidate);
    const nextRss = next === undefined ? Infinity : sumOfSquares(next.residuals);
    if (candidate === undefined || next === undefined || !(nextRss < rss)) {
      damping *= 10;
      continue;
    }
    parameters = candidate;
    current = next;
    rss = nextRss;
    damping = Math.max(1e-12, damping / 10);
  }
  return { parameters, rss, covariance: invert(normalMatrix(current.jacobian)) };
}

/** Solves a linear least squares problem: the parameters that bring `rows` x parameters nearest to `values`. */
export function linearLeastSquares(
  rows: readonly (readonly number[])[],
  values: readonly number[],
): readonly number[] | undefined {
  const right = (rows[0] ?? []).map((_, j) =>
    rows.reduce((sum, row, i) => sum + (row[j] ?? 0) * (values[i] ?? 0), 0),
  );
  return solve(normalMatrix(rows), right);
}

function sumOfSquares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

function normalMatrix(rows: readonly (readonly number[])[]): number[][] {
  const size = rows[0]?.length ?? 0;
  return Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => rows.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0)),
  );
}

function gradientOf({ residuals, jacobian }: Residuals): number[] {
  return (jacobian[0] ?? []).map((_, j) =>
    jacobian.reduce((sum, row, i) => sum + (row[j] ?? 0) * (residuals[i] ?? 0), 0),
  );
}

/** Gauss elimination with row pivots on a matrix scaled to a unit diagonal; undefined when it is singular. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const scale = matrix.map((row, i) => 1 / Math.sqrt(row[i] ?? 0));
  if (scale.some((factor) => !Number.isFinite(factor))) return undefined;
  const rows = matrix.map((row, i) => [
    ...row.map((value, j) => value * (scale[i] ?? 0) * (scale[j] ?? 0)),
    (right[i] ?? 0) * (scale[i] ?? 0),
  ]);
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    const below = rows.slice(column);
    const pivot = below.reduce((best, row) =>
      Math.abs(row[column] ?? 0) > Math.abs(best[column] ?? 0) ? row : best,
    );
    const head = pivot[column] ?? 0;
    if (Math.abs(head) < 1e-14) return undefined;
    rows[rows.indexOf(pivot)] = rows[column] ?? pivot;
    rows[column] = pivot;
    for (const [i, row] of rows.entries()) {
      if (i === column) continue;
      const factor = (row[column] ?? 0) / head;
      for (let j = column; j <= size; j++) row[j] = (row[j] ?? 0) - factor * (pivot[j] ?? 0);
    }
  }
  return rows.map((row, i) => ((row[size] ?? 0) / (row[i] ?? 1)) * (scale[i] ?? 0));
}

function invert(matrix: readonly (readonly number[])[]): number[][] | undefined {
  const columns = matrix.map((_, k) =>
    solve(
      matrix,
      matrix.map((_, i) => (i === k ? 1 : 0)),
    ),
  );
  if (columns.some((column) => column === undefined)) return undefined;
  return matrix.map((_, i) => columns.map((column) => column?.[i] ?? 0));
}
