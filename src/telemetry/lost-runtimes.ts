// Runtimes whose line to this broker broke while they had work to do or could have taken some. They are told as unhealthy
// for a while, so that an alert can fire; one that has come back anywhere in the fleet is well.
import type { BrokerInfo } from '../store/fleet-operations.ts';

const TOLD_FOR_MS = 600_000;
/** A runtime that comes and goes has a new id each time: so many are remembered. */
const MAX_LOST = 256;

export class LostRuntimes {
  readonly #nowMs: () => number;
  readonly #lostAtMs = new Map<string, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  joined(runtimeId: string): void {
    this.#lostAtMs.delete(runtimeId);
  }

  left(runtimeId: string): void {
    this.#lostAtMs.set(runtimeId, this.#nowMs());
    if (this.#lostAtMs.size > MAX_LOST)
      for (const [oldest] of this.#lostAtMs.entries().take(1)) this.#lostAtMs.delete(oldest);
  }

  /** Those that are lost still; the fleet is asked only when there are any. */
  async ids(fleet: () => Promise<readonly BrokerInfo[]>): Promise<readonly string[]> {
    const nowMs = this.#nowMs();
    for (const [id, atMs] of this.#lostAtMs) if (nowMs - atMs > TOLD_FOR_MS) this.#lostAtMs.delete(id);
    if (this.#lostAtMs.size === 0) return [];
    const brokers = await fleet().catch(() => []);
    for (const { runtimes } of brokers)
      for (const { runtimeId } of runtimes) this.#lostAtMs.delete(runtimeId);
    return [...this.#lostAtMs.keys()];
  }
}
