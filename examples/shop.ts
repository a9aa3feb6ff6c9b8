import { defineTool } from 'enclave';
import { z } from 'zod';

const PRICES: Record<string, number> = { apple: 120, pear: 95 };

export const getPrice = defineTool({
  name: 'getPrice',
  description: 'Price of one fruit, in cents',
  args: z.object({ fruit: z.string() }),
  result: z.object({ cents: z.number().int() }),
  effect: 'read',
  handler: ({ fruit }) => {
    const cents = PRICES[fruit];
    if (cents === undefined) throw Object.assign(new Error(`no price for ${fruit}`), { code: 'NO_PRICE' });
    return { cents };
  },
});

export const order = defineTool({
  name: 'order',
  description: 'Orders fruit; gives the number of the order',
  args: z.object({ fruit: z.string(), count: z.number().int().min(1).max(100) }),
  result: z.object({ id: z.string() }),
  effect: 'idempotent',
  secrets: ['SHOP_KEY'],
  timeout: 5_000,
  concurrency: 4,
  handler: async ({ fruit, count }, { secrets, idempotencyKey, signal }) => {
    signal.throwIfAborted();
    const headers = { authorization: `Bearer ${secrets['SHOP_KEY']}`, 'idempotency-key': idempotencyKey };
    // Here the shop would be called with these headers and this signal.
    return { id: `${count}-${fruit}-${Object.keys(headers).length}` };
  },
});
