// How much console output an execution has left, in bytes and in calls.
import type { ScriptLimits } from './messages.ts';

export class ConsoleMeter {
  readonly #limits: Pick<ScriptLimits, 'maxConsoleBytes' | 'maxConsoleCalls'>;
  #bytes = 0;
  #calls = 0;
  #isTruncated = false;

  constructor(limits: Pick<ScriptLimits, 'maxConsoleBytes' | 'maxConsoleCalls'>) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether anything was cut or refused. */
  get isTruncated(): boolean {
    return this.#isTruncated;
  }

  /** Whether there can be no more. */
  get isUsedUp(): boolean {
    return this.#calls >= this.#limits.maxConsoleCalls || this.#bytes >= this.#limits.maxConsoleBytes;
  }

  /** What may be kept of one more line, `undefined` for nothing; `isCut` says that the line was cut before. */
  take(text: string, isCut: boolean): string | undefined {
    const left = this.isUsedUp ? 0 : this.#limits.maxConsoleBytes - this.#bytes;
    if (isCut || left === 0 || text.length > left) this.#isTruncated = true;
    if (left === 0) return undefined;
    const kept = text.slice(0, left);
    this.#calls++;
    this.#bytes += Math.min(left, kept.length + 1);
    return kept;
  }
}
