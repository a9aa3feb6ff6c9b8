// A discrete-event simulation of a fleet: arrivals, queues, processors, failures and the autoscaler, from one seed.
// It is the third opinion beside closed form and approximation, and the only one where arrivals change with the hour.
import { invalidInput } from '../errors.ts';
import { checkCount, checkPositive } from './domain.ts';
import { type HpaConfig, HpaController } from './hpa-controller.ts';
import { createRandom } from './random.ts';
import { arrivalSampler, serviceSampler, twoMomentSampler } from './sampling.ts';
import { SharedFleet } from './shared-fleet.ts';
import { type FleetModel, SimulatedFleet } from './simulated-fleet.ts';
import { summarise } from './simulation-summary.ts';
import type { Rollout, SimulationInput, SimulationResult } from './simulation-types.ts';

/** Streams of chance, apart from each other. */
const STREAM = { arrivals: 0, cpu: 1, service: 2, routing: 3 } as const;
const HOUR_S = 3_600;

/** What happens at a fixed time. */
interface Control {
  readonly atS: number;
  readonly run: () => void;
}

/**
 * Simulates the fleet.
 * @throws EnclaveError INVALID_INPUT for arguments out of range.
 */
export function simulate(input: SimulationInput): SimulationResult {
  checkCount('simulate', 'instances', input.instances);
  checkCount('simulate', 'serversPerInstance', input.serversPerInstance);
  const { rollout } = input;
  if (rollout !== undefined && !(rollout.maxSurge + rollout.maxUnavailable > 0))
    throw invalidInput('simulate', [
      { path: 'rollout', message: 'expected maxSurge or maxUnavailable above 0, got 0 for both' },
    ]);
  if (input.stop.kind === 'executions') checkCount('simulate', 'stop.count', input.stop.count);
  else checkPositive('simulate', 'stop.seconds', input.stop.seconds);
  return new Simulation(input).run();
}

class Simulation {
  readonly #input: SimulationInput;
  readonly #fleet: FleetModel;
  readonly #cpu: () => number;
  readonly #service: (() => number) | undefined;
  readonly #nextArrival: () => number;
  readonly #arrivedAt: number[] = [];
  readonly #waits: number[] = [];
  readonly #responses: number[] = [];
  #controls: Control[] = [];
  #nowS = 0;
  #events = 0;
  #arrived = 0;
  #rejected = 0;
  #restarted = 0;
  #busyS = 0;
  #upServerS = 0;
  #orderedS = 0;
  #most = 0;
  readonly #hours: { instances: number; ended: number; missed: number }[] = [];

  constructor(input: SimulationInput) {
    this.#input = input;
    const random = (stream: number) => createRandom(input.seed, stream);
    this.#cpu = twoMomentSampler(input.cpu.meanS, input.cpu.scv, random(STREAM.cpu));
    this.#service =
      input.service === undefined ? undefined : serviceSampler(input.service, random(STREAM.service));
    this.#nextArrival = arrivalSampler(input.arrivals, random(STREAM.arrivals));
    const { maxQueue = Infinity, queue, routing = 'random', serversPerInstance } = input;
    const shape = { serversPerInstance, queue, routing, maxQueue };
    this.#fleet =
      input.discipline === 'ps'
        ? new SharedFleet(
            shape,
            random(STREAM.routing),
            (item) => this.#share(item),
            () => this.#nowS,
          )
        : new SimulatedFleet(shape, random(STREAM.routing), (item) => this.#begin(item));
  }

  run(): SimulationResult {
    const { autoscaler, failures = [], instances, stop } = this.#input;
    for (let i = 0; i < instances; i++) this.#fleet.ready(this.#fleet.order());
    for (const failure of failures)
      this.#at(failure.atS, () => this.#fail(failure.instances, failure.backAfterS));
    const { rollout } = this.#input;
    if (rollout !== undefined) this.#at(rollout.atS, () => this.#roll(rollout, this.#fleet.upCount));
    if (autoscaler !== undefined) this.#startAutoscaler(autoscaler);
    const lastItem = stop.kind === 'executions' ? stop.count : Infinity;
    const endS = stop.kind === 'time' ? stop.seconds : Infinity;
    let arrivalS = this.#nextArrival();
    while (this.#arrived < lastItem && arrivalS <= endS) {
      arrivalS = this.#step(arrivalS);
    }
    const issuedS = Math.min(endS, this.#nowS);
    // What is under way is brought to its end, so that long executions are not left out.
    while (this.#fleet.departures.size > 0) this.#step(Infinity);
    return this.#result(issuedS);
  }

  /** Handles the earliest event. @returns the time of the next arrival. */
  #step(arrivalS: number): number {
    const departureS = this.#fleet.departures.nextTime;
    const controlS = this.#controls[0]?.atS ?? Infinity;
    this.#events++;
    if (controlS <= arrivalS && controlS <= departureS && arrivalS < Infinity) {
      this.#moveTo(controlS);
      this.#controls.shift()?.run();
      return arrivalS;
    }
    if (departureS <= arrivalS) {
      this.#moveTo(departureS);
      const item = this.#fleet.depart();
      if (item !== undefined) this.#complete(item);
      return arrivalS;
    }
    this.#moveTo(arrivalS);
    this.#arrived++;
    this.#send(arrivalS);
    return this.#nextArrival();
  }

  /** Hands an execution to the fleet. @param arrivalS when its caller asked for it. */
  #send(arrivalS: number): void {
    if (!this.#fleet.arrive(this.#arrivedAt.push(arrivalS) - 1)) this.#rejected++;
  }

  #moveTo(atS: number): void {
    const fleet = this.#fleet;
    const passedS = atS - this.#nowS;
    this.#busyS += fleet.busy * passedS;
    this.#upServerS += fleet.upCount * this.#input.serversPerInstance * passedS;
    this.#orderedS += fleet.ordered * passedS;
    this.#most = Math.max(this.#most, fleet.ordered);
    const hour = Math.floor(atS / HOUR_S);
    while (this.#hours.length <= hour) this.#hours.push({ instances: 0, ended: 0, missed: 0 });
    const entry = this.#hours[hour];
    if (entry !== undefined) entry.instances = fleet.ordered;
    this.#nowS = atS;
  }

  #begin(item: number): number {
    this.#waits[item] = this.#nowS - (this.#arrivedAt[item] ?? 0);
    return this.#nowS + this.#cpu();
  }

  /** The demand of an execution that shares processors; it is kept where its wait will stand. */
  #share(item: number): number {
    const cpuS = this.#cpu();
    this.#waits[item] = cpuS;
    return cpuS;
  }

  #complete(item: number): void {
    if (this.#input.discipline === 'ps')
      this.#waits[item] = Math.max(0, this.#nowS - (this.#arrivedAt[item] ?? 0) - (this.#waits[item] ?? 0));
    const waitS = this.#waits[item] ?? 0;
    const responseS =
      this.#service === undefined ? this.#nowS - (this.#arrivedAt[item] ?? 0) : waitS + this.#service();
    this.#responses[item] = responseS;
    const hour = this.#hours[Math.floor(this.#nowS / HOUR_S)];
    if (hour === undefined) return;
    hour.ended++;
    if (responseS > (this.#input.limitS ?? Infinity)) hour.missed++;
  }

  #at(atS: number, run: () => void): void {
    this.#controls.push({ atS, run });
    this.#controls.sort((a, b) => a.atS - b.atS);
  }

  #fail(instances: number, backAfterS: number | undefined): void {
    const again = this.#fleet.remove(instances, 'lost');
    this.#restarted += again.length;
    // A new number, so that the pending departure of the old one means nothing any more.
    for (const item of again) this.#send(this.#arrivedAt[item] ?? 0);
    if (backAfterS === undefined) return;
    for (let i = 0; i < instances; i++) this.#orderAfter(backAfterS);
  }

  #orderAfter(delayS: number): void {
    const id = this.#fleet.order();
    this.#at(this.#nowS + delayS, () => this.#fleet.ready(id));
  }

  /** One batch of the update, then the next when it is ready, until none of the old ones is left. */
  #roll(rollout: Rollout, old: number): void {
    const batch = Math.min(old, rollout.maxSurge + rollout.maxUnavailable);
    if (batch === 0) return;
    const early = Math.min(batch, rollout.maxUnavailable);
    this.#replace(early);
    for (let i = 0; i < batch; i++) this.#orderAfter(rollout.readyDelayS);
    this.#at(this.#nowS + rollout.readyDelayS, () => {
      this.#replace(batch - early);
      this.#roll(rollout, old - batch);
    });
  }

  #replace(count: number): void {
    for (const item of this.#fleet.remove(count, 'replaced')) this.#send(this.#arrivedAt[item] ?? 0);
  }

  #startAutoscaler(config: HpaConfig): void {
    const controller = new HpaController(config);
    let before = { busyS: 0, upServerS: 0 };
    const sync = (): void => {
      const upServerS = this.#upServerS - before.upServerS;
      const busy = upServerS > 0 ? (this.#busyS - before.busyS) / upServerS : 0;
      before = { busyS: this.#busyS, upServerS: this.#upServerS };
      const current = Math.max(1, this.#fleet.ordered);
      const unreadyPods = current - this.#fleet.upCount;
      const metric = { averagePerPod: busy, targetPerPod: config.targetUtilisation, unreadyPods };
      this.#scaleTo(controller.decide(this.#nowS, current, [metric]), config.readyDelayS);
      this.#at(this.#nowS + config.syncPeriodS, sync);
    };
    this.#at(config.syncPeriodS, sync);
  }

  #scaleTo(replicas: number, readyDelayS: number): void {
    const change = replicas - this.#fleet.ordered;
    for (let i = 0; i < change; i++) this.#orderAfter(readyDelayS);
    if (change < 0)
      for (const item of this.#fleet.remove(-change, 'drained')) this.#send(this.#arrivedAt[item] ?? 0);
  }

  #result(issuedS: number): SimulationResult {
    const { limitS, warmupShare = 0.1 } = this.#input;
    const skipped = Math.floor(Math.min(0.9, Math.max(0, warmupShare)) * this.#responses.length);
    const ended = this.#hours.reduce((sum, hour) => sum + hour.ended, 0);
    const missed = this.#hours.reduce((sum, hour) => sum + hour.missed, 0);
    const share = (part: number, whole: number) =>
      limitS === undefined || whole === 0 ? null : part / whole;
    return {
      simulatedS: issuedS,
      events: this.#events,
      arrived: this.#arrived,
      rejected: this.#rejected,
      restarted: this.#restarted,
      wait: summarise(this.#waits, skipped),
      response: summarise(this.#responses, skipped),
      utilisation: this.#upServerS === 0 ? 0 : this.#busyS / this.#upServerS,
      instanceHours: this.#orderedS / HOUR_S,
      instancesMost: this.#most,
      missShare: share(missed, ended),
      hours: this.#hours.map((hour) => ({
        instances: hour.instances,
        missShare: share(hour.missed, hour.ended),
      })),
    };
  }
}
