// The local pool: an Executor over supervised host processes.

import { EnclaveError } from '../errors.ts';
import type { Executor } from '../execution.ts';
import { type PoolOptions, resolvePoolOptions } from './options.ts';

/**
 * Starts the host processes and returns at once; `ready()` tells when they serve. Dispose the pool when done.
 * @throws EnclaveError INVALID_INPUT for options out of range.
 */
export function createPool(options: PoolOptions = {}): Executor {
  resolvePoolOptions(options);
  throw new EnclaveError('INTERNAL', 'the local pool is not there yet');
}
