// The rehearsal of a plan: what happens to the fleet, foretold and simulated.
import type { Plan } from '../planner/plan-types.ts';
import type { Rehearsal } from '../planner/rehearsal.ts';
import { formatCount, formatDuration } from '../units.ts';

/** What the rows are, in sentences. */
export function rehearsalLines({ day, rehearsal }: Plan): string[] {
  const [first] = rehearsal;
  if (first === undefined) return [];
  const [simulated, all] = first.slice;
  const stretch = rehearsal.find(({ instances }) => instances !== undefined);
  return [
    `The p99 of the response, and the share of responses beyond the first objective. Each row is a seeded simulation at the peak${simulated < all ? `, of ${simulated} of the ${formatCount(all)} instances with their share of the load` : ''}: losses after a tenth of it; an update in four batches, new ones up before old ones go; processors shared by all executions of an instance instead of one waiting for another.`,
    ...(stretch?.instances === undefined
      ? [
          'There is no busiest stretch under the autoscaler: at this rate, or with such a peak, it is too long to simulate, and the replay of the curve, which takes the load as a fluid, has to do.',
        ]
      : [
          `The busiest stretch is ${formatDuration(1_000 * Math.round(stretch.seconds))} of ${day === null ? 'an assumed curve' : 'the curve'} around its peak with the autoscaler at work: ${formatCount(stretch.instances.simulated, 1)} instances on average, ${formatCount(stretch.instances.foretold, 1)} foretold by the replay of that hour. Within an instance work goes to whichever processor is free. One instance is lost in the middle; what it was serving (${formatCount(stretch.restarted)}) is started again.`,
        ]),
  ];
}

export function agreement({ agrees, difference, foretoldP99Ms }: Rehearsal): string {
  if (foretoldP99Ms === null) return 'no steady state';
  if (agrees || difference === null) return 'agree';
  return `differ ${difference < 0 ? '-' : '+'}${Math.round(100 * Math.abs(difference))} %`;
}

/** Share beyond the objective; `-` without one. */
export function missed({ missShare }: Rehearsal): string {
  return missShare === null ? '-' : `${formatCount(100 * missShare, 2)} %`;
}
