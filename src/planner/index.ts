// Public entry `enclave/planner`: pure functions, no I/O, safe in a browser.
export { type AvailabilityGoal, type AvailableFleet, availableFleet, upShare } from './availability.ts';
export { type Catalogue, type InstanceType, parseCatalogue } from './catalogue.ts';
export { checkPlan, type Finding, parsePublishedPlan } from './check/check-plan.ts';
export type { Fact, PublishedPlan } from './check/facts.ts';
export { type CostLaw, type CostPoint, costLaw } from './cost-law.ts';
export { parseCurve } from './curve.ts';
export { erlangB, erlangC, type Station } from './erlang.ts';
export { type Explanation, explain } from './explain.ts';
export { fitUsl, type Interval, type LoadPoint, type UslFit } from './fit-usl.ts';
export { fitGrowth, type GrowthFit, type VolumePoint } from './growth-fit.ts';
export { type HpaInput, type HpaMetric, hpaDesiredReplicas } from './hpa.ts';
export { HPA_DEFAULTS, type HpaConfig, HpaController } from './hpa-controller.ts';
export { allenCunneenMeanWait, type MgcInput, mdcMeanWaitExact, mgcMeanWait } from './mgc.ts';
export { mixWorkloads } from './mixed-workload.ts';
export { type MmcInput, type MmcWait, mmcWait } from './mmc.ts';
export { planCapacity } from './plan-capacity.ts';
export type { Certainty, Plan, PlanInput, Prediction, TypePlan, Verdict, Warning } from './plan-types.ts';
export { type MeasuredRun, workloadFromRuns } from './pooled-workload.ts';
export type { Cell, ProfileColumn, ProfileTable } from './profiles/profile-table.ts';
export { profileTables } from './profiles/profile-tables.ts';
export type { Provenance, Sourced, Step } from './provenance.ts';
export type { ArrivalLaw } from './sampling.ts';
export {
  type Bin,
  exponentialServiceTime,
  measuredServiceTime,
  responseQuantile,
  responseSurvival,
  type ServiceTime,
  serviceQuantile,
  type WaitLaw,
} from './service-time.ts';
export { simulate } from './simulate.ts';
export type { SimulationInput, SimulationResult } from './simulation-types.ts';
export { parseSlos, type Slo } from './slo.ts';
export { minServers, type ServerDemand, type ServerGoal, waitLaw } from './station.ts';
export { type UslCoefficients, uslConcurrency, uslPeak, uslThroughput } from './usl.ts';
export { type Workload, workloadFromCapacity, workloadFromReport } from './workload.ts';
