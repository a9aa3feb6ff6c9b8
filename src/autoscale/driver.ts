// What starts and stops runtimes. The autoscaler decides how many; a driver brings it about, or says why it cannot.

export interface PoolDriver extends AsyncDisposable {
  readonly kind: 'local' | 'kubernetes' | 'none';
  /** Runtimes that it has started or asked for and that are not leaving. @throws EnclaveError */
  size(): Promise<number>;
  /**
   * Brings the pool to `size`. What is taken away ends what it runs first.
   * @throws EnclaveError FORBIDDEN, CONFLICT, TIMED_OUT, CONNECTION_LOST, HOST_START_FAILED; the next check tries again.
   */
  scaleTo(size: number): Promise<void>;
  /** Another broker decides from now on: keeps what others count on, gives up what only this one can stop. */
  standDown(): Promise<void>;
}

/** Decides and tells, and leaves the doing to somebody else: an HPA, KEDA, a person. */
export function createNoneDriver(seen: () => Promise<number>): PoolDriver {
  return {
    kind: 'none',
    size: seen,
    async scaleTo() {},
    async standDown() {},
    async [Symbol.asyncDispose]() {},
  };
}
