// The outcome of an execution that is not even handed to a pool: with its events, as any other has them.
import { realClock } from '../clock.ts';
import type { OutcomeCode } from '../errors.ts';
import type { ExecutionOutcome, ExecutionRequest } from '../execution.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { Job } from './job.ts';

export function refuse(
  request: ExecutionRequest,
  code: OutcomeCode,
  message: string,
): Promise<ExecutionOutcome> {
  const job = new Job({
    request,
    executionId: request.executionId ?? 'refused',
    argsJson: '{}',
    limits: DEFAULT_LIMITS,
    isolation: request.isolation ?? 'isolate',
    toolHandler: undefined,
    runsAlone: false,
    clock: realClock,
  });
  job.fail(code, message);
  return job.outcome;
}
