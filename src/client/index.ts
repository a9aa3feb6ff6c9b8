// The entry `enclave/client`: runs in Node and in browsers.
export type {
  FinalPayload,
  Labels,
  Priority,
  SessionError,
  SessionEvent,
  SessionState,
} from '../protocol/events.ts';
export type { SessionView } from '../protocol/session-reducer.ts';
export { EnclaveClient, type RunOptions, type RunRequest, type RunResult } from './client.ts';
export { createBrokerExecutor } from './executor.ts';
export type { ExternalAnswer, ExternalHandler } from './external-tools.ts';
export type { EnclaveClientOptions, ReconnectionOptions } from './options.ts';
