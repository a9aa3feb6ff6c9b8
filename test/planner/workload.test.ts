import { describe, expect, it } from 'vitest';
import { EnclaveError } from '../../src/errors.ts';
import { workloadFromCapacity, workloadFromReport } from '../../src/planner/workload.ts';
import type { RunReport } from '../../src/report/run-report.ts';
import { runReport, uniformBins } from './report-fixture.ts';

const from = (changes: Partial<RunReport>, samples = 2_000, percentiles: readonly number[] = [0.99]) =>
  workloadFromReport(runReport(changes), uniformBins(samples), { percentiles, name: 'reports/run.json' });

function refusal(
  changes: Partial<RunReport>,
  samples?: number,
  percentiles?: readonly number[],
): EnclaveError {
  try {
    from(changes, samples, percentiles);
  } catch (error) {
    if (error instanceof EnclaveError) return error;
  }
  throw new Error('the report was accepted');
}

describe('workloadFromReport()', () => {
  it('takes the CPU of host processes and of the embedding process as the demand', () => {
    const workload = from({});
    expect(workload.cpuPerExecution).toMatchObject({ value: 0.004, provenance: 'measured' });
    expect(workload.embeddingCpu.value).toBe(0.001);
    expect(workload.service.meanS).toBeCloseTo(0.03, 12);
    // 50/s x 4 ms on 2 cores.
    expect(workload.machine.utilisation).toBeCloseTo(0.1, 12);
  });

  it('tells the architecture from the CPU where the platform does not', () => {
    const on = (platform: string, cpu_model: string) =>
      from({ env: { ...runReport().env, platform, cpu_model } }).machine.arch;
    expect(on('linux', 'AMD EPYC 7B12')).toBe('amd64');
    expect(on('linux', 'Neoverse-N1')).toBe('arm64');
    expect(on('darwin arm64', 'something')).toBe('arm64');
    expect(on('linux', 'something')).toBe('unknown');
  });

  it('marks a missing variation as assumed', () => {
    const { cpuScv } = from({ cost: { ...runReport().cost, script_cpu_scv: null } });
    expect(cpuScv).toMatchObject({ value: 1, provenance: 'assumed' });
  });

  it('counts a quota below the cores of the machine', () => {
    const { machine } = from({ env: { ...runReport().env, cgroup_quota_cores: 1.5 } });
    expect(machine.cores.value).toBe(1.5);
  });

  it('refuses too few samples for the percentile and says how many it needs', () => {
    expect(refusal({}, 999).message).toMatch(/p99 needs 1000 successful executions, it has 999/);
    expect(refusal({}, 2_000, [0.999]).message).toMatch(/p99\.9 needs 10000/);
    expect(refusal({}, 99, []).message).toMatch(/a plan needs 100/);
    expect(refusal({}, 999).code).toBe('UNSUITABLE_REPORT');
  });

  it.each<[string, Partial<RunReport>, RegExp]>([
    ['an interrupted run', { complete: false }, /interrupted/],
    [
      'an invalid run, with the check that failed',
      {
        validity: {
          valid: false,
          generator_limited: false,
          checks: [{ id: 'late-p99', value: 12, limit: 1, unit: 'ms', state: 'failed' }],
        },
      },
      /invalid \(late-p99 12 ms, limit 1\)/,
    ],
    ['a remote target', { target: { ...runReport().target, pool_size_n: null } }, /remote target/],
    [
      'failed executions',
      { counts: { ...runReport().counts, ok_n: 1_900, failed: { SCRIPT_ERROR: 100 } } },
      /100 of 2000 executions failed/,
    ],
    ['no CPU time', { cost: { ...runReport().cost, host_cpu_mean_us: null } }, /host_cpu_mean_us/],
  ])('refuses %s', (_, changes, reason) => {
    expect(refusal(changes).message).toMatch(reason);
  });

  it('takes an invalid run when noise is allowed, and keeps the reason for the plan to show', () => {
    const invalid = runReport({ validity: { valid: false, generator_limited: false, checks: [] } });
    const use = { percentiles: [0.99], name: 'run.json', allowNoise: true };
    expect(workloadFromReport(invalid, uniformBins(2_000), use).noise).toMatch(/declared itself invalid/);
  });

  it('gives every reason at once', () => {
    const { message } = refusal(
      { complete: false, target: { ...runReport().target, pool_size_n: null } },
      10,
    );
    expect(message).toMatch(/interrupted/);
    expect(message).toMatch(/remote/);
    expect(message).toMatch(/it has 10/);
  });
});

describe('workloadFromCapacity()', () => {
  it('spreads the capacity over the vCPUs of the type it was found on', () => {
    const type = {
      type: 'c6i.2xlarge',
      pricePerHourUsd: 0.34,
      vcpu: 8,
      memoryGib: 16,
      arch: 'amd64',
      burstable: false,
    } as const;
    const capacity = { value: 200, provenance: 'given', source: '--capacity 200/s' } as const;
    const workload = workloadFromCapacity(capacity, type);
    expect(workload.cpuPerExecution.value).toBeCloseTo(0.04, 12);
    expect(workload.serviceSource.provenance).toBe('assumed');
  });
});
