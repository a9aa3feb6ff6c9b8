// A law as a load target of this process: each execution ends when the law says, as far as the timers of the clock allow.
import type { Clock } from '../../clock.ts';
import type { ExecutorStats } from '../../execution.ts';
import type { LoadOutcome, LoadTarget } from '../load-target.ts';
import type { Law } from './laws.ts';

const SUCCEEDED: LoadOutcome = { success: true };

export class LawTarget implements LoadTarget {
  readonly #clock: Clock;
  readonly #serve: (nowMs: number, index: number) => number;
  #asked = 0;
  #completed = 0;

  constructor(law: Pick<Law, 'createServer'>, clock: Clock) {
    this.#clock = clock;
    this.#serve = law.createServer();
  }

  execute(): Promise<LoadOutcome> {
    const nowMs = this.#clock.nowMs();
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

  ready(): Promise<void> {
    return Promise.resolve();
  }

  stats(): ExecutorStats {
    const live = this.#asked - this.#completed;
    return { queued: 0, live, completed: this.#completed, hosts: [], recycled: 0, lost: 0 };
  }
}
