// The bench scenario that puts the plan's load per instance on one instance.
import type { Plan } from '../planner/plan-types.ts';
import type { DeployNumbers } from './deploy-numbers.ts';

const MIN_STEADY_MS = 30_000;
const MAX_PHASE_MS = 600_000;
/** Executions beyond a percentile that make it a figure. */
const TAIL_SAMPLES = 10;
const BENCH_PERCENTILES = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

/** A scenario file, as JSON; `enclave scenarios check` accepts it. */
export function retestScenario(plan: Plan, n: DeployNumbers): string {
  const rate = Number((plan.verdict.peakPerSecond / n.needed).toPrecision(6));
  const cpuMs =
    1_000 *
    ((plan.inputs['cpuPerExecution']?.value ?? 0) - (plan.inputs['dispatchCpuPerExecution']?.value ?? 0));
  const waitMs = Math.max(0, 1_000 * (plan.inputs['serviceMean']?.value ?? 0) - cpuMs);
  const tail = Math.min(0.1, ...plan.slos.map(({ p }) => 1 - p));
  const steadyMs = Math.min(
    MAX_PHASE_MS,
    Math.max(MIN_STEADY_MS, Math.ceil((1_000 * TAIL_SAMPLES) / tail / rate)),
  );
  const thresholds = plan.slos
    .filter(({ p }) => BENCH_PERCENTILES.includes(p))
    .map(
      ({ limitMs, metric, p }) =>
        `${metric === 'wait' ? 'queue_' : ''}p${Number((p * 100).toFixed(4))}<=${limitMs}ms`,
    );
  return `${JSON.stringify(
    {
      name: 'plan-retest',
      purpose: `The load of one ${plan.verdict.type} of the plan: peak ${Number(plan.verdict.peakPerSecond.toPrecision(6))}/s / ${n.needed} needed = ${rate}/s. The script is a stand-in of ${show(cpuMs)} ms CPU and ${show(waitMs)} ms tool time: put your own in its place. Run it on that type.`,
      scripts: [{ id: 'stand-in', code: standIn(cpuMs, waitMs), language: 'js' }],
      tools: calls(waitMs)
        ? { wait: { latency: { kind: 'fixed', ms: Math.min(600_000, Number(show(waitMs))) } } }
        : {},
      load: {
        phases: [
          { name: 'warm-up', rate, durationMs: 5_000, measure: false },
          { name: 'steady', rate, durationMs: steadyMs },
        ],
      },
      thresholds: ['errors<0.1%', 'dropped<0.1%', ...thresholds],
    },
    null,
    2,
  )}\n`;
}

function standIn(cpuMs: number, waitMs: number): string {
  const call = calls(waitMs) ? "await callTool('wait', {}); " : '';
  return `${call}const end = Date.now() + ${Math.max(0, Math.round(cpuMs))}; while (Date.now() < end); return true`;
}

function calls(waitMs: number): boolean {
  return waitMs > 0.5;
}

function show(value: number): string {
  return String(Number(value.toPrecision(4)));
}
