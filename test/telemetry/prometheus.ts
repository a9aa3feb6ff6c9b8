// Reads the text format of Prometheus, and has promtool look at it where that is installed.
import { execFile, spawnSync } from 'node:child_process';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Samples {
  /** The sum of the series that have these labels; 0 when there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
  all(name: string): readonly Sample[];
}

export function samples(text: string): Samples {
  const found = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line): Sample => {
      const [, name = '', body = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/u.exec(line) ?? [];
      const labels = [...body.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/gu)].map(([, label = '', text = '']) => [
        label,
        text,
      ]);
      return { name, labels: Object.fromEntries(labels), value: Number(value) };
    });
  const all = (name: string) => found.filter((sample) => sample.name === name);
  return {
    all,
    value: (name, wanted = {}) =>
      all(name)
        .filter(({ labels }) => Object.entries(wanted).every(([label, value]) => labels[label] === value))
        .reduce((sum, { value }) => sum + value, 0),
  };
}

/** In CI it must be there. */
export const hasPromtool: boolean =
  process.env['CI'] === 'true' || spawnSync('promtool', ['--version']).error === undefined;

/** What `promtool check metrics` finds. */
export function lintPrometheus(text: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = execFile('promtool', ['check', 'metrics'], (_error, _stdout, stderr) =>
      resolve(stderr.split('\n').filter((line) => line !== '')),
    );
    child.on('error', reject);
    child.stdin?.end(text);
  });
}
