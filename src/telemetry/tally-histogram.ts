// A histogram for what happens several times per session: an observation is a look into a map and three additions. That of
// prom-client sorts and joins labels and writes bounds as text each time.
import { Histogram, type LabelValues } from 'prom-client';

interface Tally<Label extends string> {
  readonly labels: LabelValues<Label>;
  /** By bucket, not cumulative; the last is +Inf. */
  readonly counts: number[];
  sum: number;
}

export class TallyHistogram<const Label extends string = never> extends Histogram<Label> {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #labelNames: readonly Label[];
  readonly #tallies = new Map<string, Tally<Label>>();
  #last: { readonly values: readonly string[]; readonly tally: Tally<Label> } | undefined;

  constructor(name: string, help: string, labelNames: readonly Label[], bounds: number[]) {
    super({ name, help, labelNames, buckets: bounds, registers: [] });
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
    this.#labelNames = labelNames;
    if (labelNames.length === 0) this.#tallyOf([]);
  }

  /** @param values of the labels, in the order of their names. */
  tally(value: number, ...values: readonly string[]): void {
    const tally = this.#tallyOf(values);
    let i = 0;
    while (i < this.#bounds.length && value > (this.#bounds[i] ?? 0)) i++;
    tally.counts[i] = (tally.counts[i] ?? 0) + 1;
    tally.sum += value;
  }

  #tallyOf(values: readonly string[]): Tally<Label> {
    // Nearly always as the last time, and then the texts are the same, not only alike.
    if (this.#last === undefined || values.some((value, i) => value !== this.#last?.values[i]))
      this.#last = { values, tally: this.#look(values) };
    return this.#last.tally;
  }

  #look(values: readonly string[]): Tally<Label> {
    const key = values.join('\n');
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const labels: LabelValues<Label> = {};
    for (const [i, name] of this.#labelNames.entries()) labels[name] = values[i] ?? '';
    const tally = { labels, counts: Array.from({ length: this.#bounds.length + 1 }, () => 0), sum: 0 };
    this.#tallies.set(key, tally);
    return tally;
  }

  /** What both ways of reading a metric of prom-client ask for. */
  async getForPromString(): Promise<object> {
    const values = [...this.#tallies.values()].flatMap(({ labels, counts, sum }) => {
      let seen = 0;
      const buckets = counts.map((count, i) => {
        seen += count;
        const le = this.#bounds[i] ?? '+Inf';
        return { labels: { ...labels, le }, value: seen, metricName: `${this.#name}_bucket` };
      });
      return [
        ...buckets,
        { labels, value: sum, metricName: `${this.#name}_sum` },
        { labels, value: seen, metricName: `${this.#name}_count` },
      ];
    });
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values };
  }
}
