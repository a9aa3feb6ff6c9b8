// The exact mean wait of M/H2/c and M/E2/c, by linear level reduction of their Markov chains: what approximations are held to.
// State: level n = executions in the system, i = busy servers in the first phase. pi(n+1) = pi(n) R(n), from the top down
// R(n) = Up(n) (-(Local(n+1) + R(n+1) Down(n+2)))^-1; arrivals at the top level are lost, which its height makes of no account.

type Matrix = number[][];

/** The law of service, mean 1. `h2`: balanced means with the given squared coefficient of variation above 1. `e2`: 0.5. */
export type PhaseLaw = { readonly kind: 'h2'; readonly scv: number } | { readonly kind: 'e2' };

/** Mean wait in units of the mean service time. */
export function exactMeanWait(law: PhaseLaw, servers: number, rho: number, levels = 1_500): number {
  const lambda = servers * rho;
  const first = law.kind === 'h2' ? (1 + Math.sqrt((law.scv - 1) / (law.scv + 1))) / 2 : 1;
  const [fast, slow] = law.kind === 'h2' ? [2 * first, 2 * (1 - first)] : [2, 2];
  const busyAt = (level: number) => Math.min(level, servers);
  const zeros = (rows: number, columns: number): Matrix =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => 0));
  const add = (matrix: Matrix, row: number, column: number, rate: number): void => {
    const line = matrix[row];
    if (line !== undefined && rate > 0) line[column] = (line[column] ?? 0) + rate;
  };
  const up = (level: number): Matrix => {
    const matrix = zeros(busyAt(level) + 1, busyAt(level + 1) + 1);
    for (let i = 0; i <= busyAt(level); i++) {
      const starts = level < servers;
      add(matrix, i, starts ? i + 1 : i, starts ? lambda * first : lambda);
      if (starts) add(matrix, i, i, lambda * (1 - first));
    }
    return matrix;
  };
  const down = (level: number): Matrix => {
    const busy = busyAt(level);
    const matrix = zeros(busy + 1, busyAt(level - 1) + 1);
    for (let i = 0; i <= busy; i++) {
      const waits = level > servers;
      // `left`: first-phase servers once the departing execution is gone.
      const depart = (left: number, rate: number): void => {
        if (waits) add(matrix, i, left + 1, rate * first);
        add(matrix, i, left, waits ? rate * (1 - first) : rate);
      };
      if (law.kind === 'h2' && i > 0) depart(i - 1, i * fast);
      if (busy > i) depart(i, (busy - i) * slow);
    }
    return matrix;
  };
  const local = (level: number): Matrix => {
    const busy = busyAt(level);
    const matrix = zeros(busy + 1, busy + 1);
    for (let i = 0; i <= busy; i++) {
      if (law.kind === 'e2' && i > 0) add(matrix, i, i - 1, i * fast);
      const line = matrix[i];
      const out = i * fast + (busy - i) * slow + (level < levels ? lambda : 0);
      if (line !== undefined) line[i] = (line[i] ?? 0) - out;
    }
    return matrix;
  };
  let steps: Matrix[] = [];
  let below: Matrix = local(levels);
  for (let level = levels - 1; level >= 0; level--) {
    const step = multiply(up(level), invert(below.map((line) => line.map((value) => -value))));
    steps.push(step);
    const returned = multiply(step, down(level + 1));
    below = local(level).map((line, i) => line.map((value, j) => value + (returned[i]?.[j] ?? 0)));
  }
  steps = steps.reverse();
  let vector: Matrix = [[1]];
  let [mass, waiting] = [1, 0];
  for (const [level, step] of steps.entries()) {
    vector = multiply(vector, step);
    const share = vector[0]?.reduce((sum, value) => sum + value, 0) ?? 0;
    mass += share;
    waiting += Math.max(0, level + 1 - servers) * share;
  }
  return waiting / mass / lambda;
}

function multiply(a: Matrix, b: Matrix): Matrix {
  return a.map((line) =>
    (b[0] ?? []).map((_, column) => line.reduce((sum, value, k) => sum + value * (b[k]?.[column] ?? 0), 0)),
  );
}

/** Gauss and Jordan with partial pivots. */
function invert(matrix: Matrix): Matrix {
  const n = matrix.length;
  const rows = matrix.map((line, i) => [...line, ...line.map((_, j) => (i === j ? 1 : 0))]);
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column + 1; i < n; i++)
      if (Math.abs(rows[i]?.[column] ?? 0) > Math.abs(rows[pivot]?.[column] ?? 0)) pivot = i;
    const chosen = rows[pivot] ?? [];
    rows[pivot] = rows[column] ?? [];
    const scale = chosen[column] ?? 1;
    const unit = chosen.map((value) => value / scale);
    rows[column] = unit;
    for (let i = 0; i < n; i++) {
      const line = rows[i] ?? [];
      const factor = line[column] ?? 0;
      if (i !== column && factor !== 0) rows[i] = line.map((value, k) => value - factor * (unit[k] ?? 0));
    }
  }
  return rows.map((line) => line.slice(n));
}
