// The public entry.
export type { PoolNotice, PoolStatus } from './autoscale/autoscaler.ts';
export type { RuntimePoolOptions } from './autoscale/options.ts';
export type { RateLimit } from './broker/admission.ts';
export type { RoutingRule, RoutingStrategy } from './broker/routing.ts';
export {
  createWorkerPoolAdapter,
  Enclave,
  type EnclaveConfig,
  type ExecutionResult,
  type RunOptions,
  type WorkerPoolAdapter,
  type WorkerPoolAdapterOptions,
} from './enclave.ts';
export { EnclaveBroker, type Listening } from './enclave-broker.ts';
export type { EnclaveBrokerOptions } from './enclave-broker-options.ts';
export { EnclavePool } from './enclave-pool.ts';
export { EnclaveRuntime, type EnclaveRuntimeOptions } from './enclave-runtime.ts';
export {
  type CodeInfo,
  codeInfo,
  EnclaveError,
  type ErrorCode,
  FAULT_CODES,
  type FaultCode,
  OUTCOME_CODES,
  type OutcomeCode,
  type Problem,
} from './errors.ts';
export type {
  ExecutionError,
  ExecutionEvent,
  ExecutionLimits,
  ExecutionOutcome,
  ExecutionRequest,
  ExecutionStats,
  Executor,
  ExecutorStats,
  HostStats,
  Isolation,
  LogEntry,
  LogLevel,
  ScriptLanguage,
  SourcePosition,
  ToolCallContext,
  ToolHandler,
} from './execution.ts';
export { DEFAULT_LIMITS, LIMITS, type LimitInfo } from './limits.ts';
export type { PoolOptions, PoolSize } from './pool/options.ts';
export { createPool, type DrainOptions, type LocalPool } from './pool/pool.ts';
export { defineTool, type Tool, type ToolContext, type ToolEffect } from './tools/define-tool.ts';
export { createToolHandler, type SecretSource, type ToolRegistryOptions } from './tools/registry.ts';
export { ToolFailure } from './tools/tool-failure.ts';
