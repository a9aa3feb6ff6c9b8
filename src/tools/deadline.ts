// Bounds one call: the execution's signal and the tool's own time-out, joined into one signal for the handler.
import type { Tool } from './define-tool.ts';
import { ToolFailure } from './tool-failure.ts';

export interface Deadline {
  /** Fires with a {@link ToolFailure}: TIMEOUT or CANCELLED. */
  readonly signal: AbortSignal;
  /** Rejects when the signal fires; never resolves. */
  readonly expired: Promise<never>;
  /** The call is over: stops the clock. */
  end(): void;
}

/** Starts the clock of one call. */
export function startDeadline(outer: AbortSignal, tool: Tool): Deadline {
  const controller = new AbortController();
  const { promise: expired, reject } = Promise.withResolvers<never>();
  // Nobody may be listening yet when it fires while the call still waits for a place.
  expired.catch(() => {});
  const fire = (failure: ToolFailure) => {
    controller.abort(failure);
    reject(failure);
  };
  // The pool aborts with a word that says why; what the script is told of its own limit, it says itself.
  const onAbort = () =>
    fire(
      outer.reason === 'TIMEOUT'
        ? new ToolFailure('TIMEOUT', `the call of ${tool.name} has reached the time limit of tool calls`)
        : new ToolFailure('CANCELLED', `the call of ${tool.name} was cancelled`),
    );
  if (outer.aborted) onAbort();
  else outer.addEventListener('abort', onAbort, { once: true });
  const { timeout } = tool;
  const onTimeout = () =>
    fire(new ToolFailure('TIMEOUT', `${tool.name} did not answer within ${timeout} ms`));
  const timer = timeout === undefined ? undefined : setTimeout(onTimeout, timeout);
  return {
    signal: controller.signal,
    expired,
    end() {
      clearTimeout(timer);
      outer.removeEventListener('abort', onAbort);
    },
  };
}
