// What the successes of a run cost, summed: the planner's service demand.
import type { ExecutionStats } from '../execution.ts';
import type { ExecutionCost } from '../report/run-report.ts';

export type ScriptCost = Pick<
  ExecutionCost,
  'script_cpu_mean_us' | 'script_cpu_scv' | 'tool_mean_us' | 'tool_calls_mean_n'
>;

export class CostSums {
  #n = 0;
  #cpuMs = 0;
  #cpuMsSquared = 0;
  #toolMs = 0;
  #toolCalls = 0;

  add(stats: ExecutionStats): void {
    this.#n += 1;
    this.#cpuMs += stats.cpuMs;
    this.#cpuMsSquared += stats.cpuMs ** 2;
    this.#toolMs += stats.toolMs;
    this.#toolCalls += stats.toolCallCount;
  }

  means(): ScriptCost {
    const n = this.#n;
    if (n === 0) {
      return { script_cpu_mean_us: null, script_cpu_scv: null, tool_mean_us: null, tool_calls_mean_n: null };
    }
    const mean = this.#cpuMs / n;
    const variance = n < 2 ? null : Math.max(0, (this.#cpuMsSquared - n * mean * mean) / (n - 1));
    return {
      script_cpu_mean_us: mean * 1_000,
      script_cpu_scv: variance === null || mean === 0 ? null : variance / (mean * mean),
      tool_mean_us: (this.#toolMs / n) * 1_000,
      tool_calls_mean_n: this.#toolCalls / n,
    };
  }
}
