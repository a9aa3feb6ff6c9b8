// Of thousands of streams whose broker goes, each would find out for itself that the next one is not there yet: one refused
// connection stands for all of a client for a moment.
import { EnclaveError } from '../errors.ts';
import { asConnectionError } from './refusal.ts';
import type { Answer } from './transport.ts';

export class Away {
  #untilMs = 0;

  /**
   * @param awayMs how long a refusal stands for others, ms; 0: this one asks in any case
   * @throws EnclaveError CONNECTION_LOST, without asking
   */
  async ask(awayMs: number, askOnce: () => Promise<Answer>): Promise<Answer> {
    if (awayMs > 0 && performance.now() < this.#untilMs)
      throw new EnclaveError('CONNECTION_LOST', 'the broker refused a connection a moment ago');
    try {
      const answer = await askOnce();
      this.#untilMs = 0;
      return answer;
    } catch (thrown) {
      if (asConnectionError(thrown).code === 'CONNECTION_LOST') this.#untilMs = performance.now() + awayMs;
      throw thrown;
    }
  }
}
