// The entry `enclave/bench`: load runs, capacity search and comparison as functions.
export type { ExecutionRequest, Executor, ExecutorStats } from '../execution.ts';
export { parseRunReport } from '../report/parse-run-report.ts';
export type {
  Counts,
  Environment,
  LatencySummary,
  Rates,
  RunReport,
  SeriesPoint,
  ThresholdResult,
  Validity,
} from '../report/run-report.ts';
export type { SearchReport } from '../report/search-report.ts';
export { loadScenario, type Scenario, shippedScenarioNames } from '../scenario/load-scenario.ts';
export { createSimulatedTools } from '../scenario/workload.ts';
export type { BenchOptions } from './bench-options.ts';
export { type ComparedMetric, type CompareOptions, compareRuns, type Verdict } from './compare.ts';
export {
  type HttpRequest,
  type HttpRequestInput,
  httpScenario,
  parseHttpRequest,
} from './http/http-request.ts';
export { HttpTarget, type HttpTargetOptions } from './http/http-target.ts';
export { type LoadOverrides, planLoad } from './load-plan.ts';
export type { LoadFailure, LoadOutcome, LoadTarget } from './load-target.ts';
export { LatencyRecorder, type Quantile } from './recorder.ts';
export { type BenchResult, runBench } from './run-bench.ts';
export type { Progress } from './run-recorder.ts';
export { runSearch, type SearchRunOptions, type SearchRunResult } from './run-search.ts';
export { runSweep, type SweepAxis, type SweepOptions } from './run-sweep.ts';
export type { LoadPlan } from './sample.ts';
export { runSelfTest, type SelfTestOptions } from './self-test/run-self-test.ts';
export { parseThresholds, type Threshold } from './thresholds.ts';
