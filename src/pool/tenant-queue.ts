// Executions that wait for a place: first come first served within a tenant, round robin between tenants.

interface Line<T> {
  items: T[];
  /** Index of the first one still waiting; the array is cut now and then. */
  head: number;
}

export class TenantQueue<T extends { readonly tenant: string }> {
  readonly #lines = new Map<string, Line<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    const line = this.#lines.get(item.tenant);
    if (line === undefined) this.#lines.set(item.tenant, { items: [item], head: 0 });
    else line.items.push(item);
    this.#size++;
  }

  /** Puts an item before all others of its tenant: it has waited already. */
  unshift(item: T): void {
    const line = this.#lines.get(item.tenant);
    if (line === undefined) this.#lines.set(item.tenant, { items: [item], head: 0 });
    else line.items.splice(line.head, 0, item);
    this.#size++;
  }

  /** The next item of the next tenant that `mayTake` admits; that tenant's turn comes again after all others. */
  shift(mayTake: (tenant: string) => boolean): T | undefined {
    for (const [tenant, line] of this.#lines) {
      if (!mayTake(tenant)) continue;
      const item = line.items[line.head++];
      this.#lines.delete(tenant);
      if (line.head < line.items.length) {
        if (line.head > 1_000) {
          line.items = line.items.slice(line.head);
          line.head = 0;
        }
        this.#lines.set(tenant, line);
      }
      this.#size--;
      return item;
    }
    return undefined;
  }

  /** Takes an item out of the middle; false when it is not there. */
  remove(item: T): boolean {
    const line = this.#lines.get(item.tenant);
    const index = line?.items.indexOf(item, line.head) ?? -1;
    if (line === undefined || index < 0) return false;
    line.items.splice(index, 1);
    if (line.head >= line.items.length) this.#lines.delete(item.tenant);
    this.#size--;
    return true;
  }

  /** Takes all items out. */
  drain(): T[] {
    const all = [...this.#lines.values()].flatMap((line) => line.items.slice(line.head));
    this.#lines.clear();
    this.#size = 0;
    return all;
  }
}
