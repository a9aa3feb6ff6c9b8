// Names of the metrics that an emitted plan asks Prometheus for.
import { planManifests } from '../../src/deploy/manifests.ts';
import type { InstanceType } from '../../src/planner/catalogue.ts';
import { planCapacity } from '../../src/planner/plan-capacity.ts';
import { parseSlos } from '../../src/planner/slo.ts';
import { workloadFromCapacity } from '../../src/planner/workload.ts';

const TYPE: InstanceType = {
  type: 'c6i.large',
  pricePerHourUsd: 0.085,
  vcpu: 2,
  memoryGib: 4,
  arch: 'amd64',
  burstable: false,
};

/** As they are exposed: those of a histogram without `_bucket`. */
export function emittedNames(): string[] {
  const given = (value: number) => ({ value, provenance: 'given', source: 'test' }) as const;
  const slos = parseSlos('p99=200ms');
  if (!slos.ok) throw new Error(slos.message);
  const plan = planCapacity({
    perDay: given(5e6),
    peakMultiplier: given(3),
    workload: workloadFromCapacity(given(200), TYPE),
    slos: slos.value,
    maxUtilisation: given(0.85),
    queue: 'host',
    availability: { floor: 2, spares: 1, zones: 3, loseZones: 0 },
    catalogue: { region: 'us-east-1', asOf: '2026-07-20', types: [TYPE] },
    types: [],
  });
  // The Ingress names its cookie like a metric.
  const texts = planManifests(plan, TYPE).map(({ text }) => text.replaceAll('enclave_affinity', ''));
  const names = texts.join('\n').matchAll(/\benclave_[a-z_]+/gu);
  return [...new Set([...names].map(([name]) => name.replace(/_(bucket|sum|count)$/u, '')))].sort();
}
