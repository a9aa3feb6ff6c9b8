// Gathers what is asked within one turn of the event loop and does it at once: a command for many costs little more than one.

export class PerTick<T> {
  readonly #defer: (work: () => void) => void;
  readonly #run: (key: string, items: readonly T[]) => Promise<unknown>;
  readonly #waiting = new Map<string, T[]>();
  #done: Promise<void> | undefined;

  /** `run` is called with all items of one key; if it rejects, so does every `add` of this turn. */
  constructor(
    defer: (work: () => void) => void,
    run: (key: string, items: readonly T[]) => Promise<unknown>,
  ) {
    this.#defer = defer;
    this.#run = run;
  }

  add(key: string, item: T): Promise<void> {
    const items = this.#waiting.get(key);
    if (items === undefined) this.#waiting.set(key, [item]);
    else items.push(item);
    this.#done ??= new Promise((resolve, reject) => this.#defer(() => this.#flush().then(resolve, reject)));
    return this.#done;
  }

  async #flush(): Promise<void> {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#done = undefined;
    await Promise.all(waiting.map(([key, items]) => this.#run(key, items)));
  }
}
