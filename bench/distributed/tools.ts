// The tools of the measured broker: one that answers at once, one that never does.

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
