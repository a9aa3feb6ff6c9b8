import { defineTool } from 'enclave';
import { z } from 'zod';

const PRICES = { apple: 120, pear: 95, plum: 40 } as const;

export const getPrice = defineTool({
  name: 'getPrice',
  description: 'Price of one fruit, in cents',
  args: z.object({ fruit: z.enum(['apple', 'pear', 'plum']) }),
  result: z.object({ cents: z.number().int() }),
  effect: 'read',
  handler: ({ fruit }) => ({ cents: PRICES[fruit] }),
});
