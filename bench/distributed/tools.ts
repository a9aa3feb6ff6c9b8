// The tools of the measured broker: one that answers at once, one after a while, one that never does.

import { defineTool, type Tool } from 'enclave';
import { z } from 'zod';

export const one: Tool = defineTool({
  name: 'one',
  description: 'Answers 1',
  args: z.object({}),
  effect: 'read',
  handler: () => 1,
});

export const hold: Tool = defineTool({
  name: 'hold',
  description: 'Never answers',
  args: z.object({}),
  effect: 'read',
  handler: (_args, { signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
});

/** How long a session that calls it holds its place, at least, ms. */
export const PAUSE_MS = 50;

export const pause: Tool = defineTool({
  name: 'pause',
  description: 'Answers after a while',
  args: z.object({}),
  effect: 'read',
  handler: () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS, 1)),
});
