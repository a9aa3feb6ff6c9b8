// What the volume would cost otherwise, in sentences.
import { formatUsd, usd } from '../planner/money.ts';
import type { Plan } from '../planner/plan-types.ts';
import { formatCount, formatDuration, formatSize } from '../units.ts';

/** One sentence or two for each alternative that was compared. */
export function alternativeLines({
  alternatives: { reserved, serverless },
  verdict,
}: Plan): readonly string[] {
  const lines: string[] = [];
  if (serverless !== null) {
    const from = serverless.fleetCheaperFromPerDay;
    const turn =
      from === null
        ? 'This fleet is never cheaper.'
        : `This fleet is cheaper from ${formatCount(Math.round(from))} a day on${serverless.isWithinFleet ? '' : ', more than it carries'}.`;
    lines.push(
      `${serverless.name} (prices of ${serverless.asOf}): ${formatUsd(usd(serverless.usdPerMonth), 0)}/month, ${formatUsd(usd(serverless.usdPerMillion), 3)}/M for ${formatDuration(serverless.billedMs)} at ${formatSize(serverless.memoryBytes)}, waits for tools billed. ${turn}`,
    );
  }
  if (reserved !== null)
    lines.push(
      `Reserved at ${formatCount(100 * reserved.discount)} % less: pays for an instance that runs more than ${formatCount(100 * reserved.paysAboveShare)} % of the hours. ${reserved.reserved} reserved and ${formatCount(reserved.onDemandHours, 0)} instance-hours on demand are ${formatUsd(usd(reserved.usdPerMonth), 0)}/month, against ${formatUsd(usd(verdict.usdPerMonth), 0)} all on demand.`,
    );
  return lines;
}
