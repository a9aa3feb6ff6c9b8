// A law as a load target of this process: each execution ends when the law says, as far as the timers of the clock allow.
import type { Clock } from '../../clock.ts';
import type { ExecutorStats } from '../../execution.ts';
import type { LoadOutcome, LoadTarget, LoadWatch } from '../load-target.ts';
import type { Law, LineLaw } from './laws.ts';

const SUCCEEDED: LoadOutcome = { success: true };

export class LawTarget implements LoadTarget {
  readonly tellsWatch = true;
  readonly #clock: Clock;
  readonly #serve: (nowMs: number, index: number) => number;
  readonly #stream: LineLaw | undefined;
  #asked = 0;
  #completed = 0;

  constructor(law: Pick<Law, 'createServer' | 'stream'>, clock: Clock) {
    this.#clock = clock;
    this.#stream = law.stream;
    this.#serve = law.createServer();
  }

  execute(_request?: unknown, watch?: LoadWatch): Promise<LoadOutcome> {
    const nowMs = this.#clock.nowMs();
    if (watch !== undefined) this.#sendLines(watch);
    const endMs = this.#serve(nowMs, this.#asked++);
    return new Promise((resolve) => {
      const end = (): void => {
        this.#completed += 1;
        resolve(SUCCEEDED);
      };
      if (endMs <= nowMs) end();
      else this.#clock.setTimer(endMs - nowMs, end);
    });
  }

  /** The timers of all lines start now, so that a late one makes no other late. */
  #sendLines(watch: LoadWatch): void {
    const { firstMs, gapMs, lines } = this.#stream ?? { firstMs: 0, gapMs: 0, lines: 0 };
    for (let line = 0; line < lines; line++) this.#clock.setTimer(firstMs + line * gapMs, () => watch.line());
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  stats(): ExecutorStats {
    const live = this.#asked - this.#completed;
    return { queued: 0, live, completed: this.#completed, hosts: [], recycled: 0, lost: 0 };
  }
}
