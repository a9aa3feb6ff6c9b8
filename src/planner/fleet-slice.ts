// The part of a fleet that is simulated. Queues that do not touch each other behave in part as they do in all: a random share of
// Poisson arrivals is Poisson again.
import type { FleetDemand } from './fleet.ts';
import type { TypePlan } from './plan-types.ts';
import type { QueueKind } from './queue-kind.ts';
import type { Routing } from './simulated-fleet.ts';
import type { SimulationInput } from './simulation-types.ts';

/** Instances and processors that are simulated at most. */
const MAX_INSTANCES = 24;
const MAX_PROCESSORS = 512;

export interface Slice {
  /** Of the fleet and its rate. */
  readonly share: number;
  readonly instances: number;
  /** Simulated instances for each real one. */
  readonly unit: number;
}

/** Undefined for one queue over more processors than are simulated: a part of it is another queue. */
export function sliceOf({ queue }: FleetDemand, { instances, vcpu }: TypePlan): Slice | undefined {
  const most = Math.max(2, Math.min(MAX_INSTANCES, Math.floor(MAX_PROCESSORS / vcpu)));
  const simulated = Math.min(instances, most);
  if (queue === 'pooled' && simulated < instances) return undefined;
  const unit = queue === 'host' || queue === 'placed' ? vcpu : 1;
  return { share: simulated / instances, instances: simulated, unit };
}

/** How a fleet is simulated: a host with a queue of its own is an instance with one processor. */
export function shapeOf({ queue }: FleetDemand, { vcpu }: TypePlan, part: Slice): ShapeOfQueue {
  const shapes: Readonly<Record<QueueKind, ShapeOfQueue>> = {
    pooled: { instances: part.instances, serversPerInstance: vcpu, queue: 'pooled' },
    split: { instances: part.instances, serversPerInstance: vcpu, queue: 'split' },
    host: { instances: part.instances * vcpu, serversPerInstance: 1, queue: 'split' },
    placed: {
      instances: part.instances * vcpu,
      serversPerInstance: 1,
      queue: 'split',
      routing: { kind: 'placed', groupSize: vcpu },
    },
  };
  return shapes[queue];
}

interface ShapeOfQueue extends Pick<SimulationInput, 'instances' | 'serversPerInstance' | 'queue'> {
  readonly routing?: Routing;
}
