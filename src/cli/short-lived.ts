// What V8 should know of a process that serves requests: next to nothing of what it makes for one outlives it.
import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8 from making objects of some kinds in the old generation from the start, which it decides by how many of them lived for
 * long once: under a flood of refusals, which keeps the last request of each of hundreds of connections, it did so for kinds that
 * die at once. All that such garbage refers to lives until the next full collection: a scavenge took 15 ms instead of 1.
 * To be called before anything is served, and after everything is loaded: compiled code that was kept is good for these flags alone.
 */
export function expectShortLives(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
