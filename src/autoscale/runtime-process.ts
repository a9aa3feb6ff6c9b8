// Entry of a runtime that a local pool starts: told what to be over IPC, so that no token is among its arguments.
// It ends with its broker, however that ends.
import { z } from 'zod';
import { EnclaveRuntime } from '../enclave-runtime.ts';

const order = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('start'),
    brokerUrl: z.string(),
    token: z.string().optional(),
    labels: z.record(z.string(), z.string()),
    slots: z.number().optional(),
    workerPool: z.object({
      size: z.union([z.number(), z.enum(['cpu', 'io', 'mixed'])]).optional(),
      maxMemory: z.number().optional(),
      isolation: z.enum(['isolate', 'context']).optional(),
    }),
  }),
  z.object({ type: z.literal('drain') }),
]);

let runtime: EnclaveRuntime | undefined;

process.on('message', (message) => void obey(message));
process.on('disconnect', () => process.exit(0));
// A signal to the whole group, as a terminal sends it, is for the broker: it drains its runtimes itself.
process.on('SIGINT', () => {});

async function obey(message: unknown): Promise<void> {
  const parsed = order.parse(message);
  if (parsed.type === 'start') {
    const { brokerUrl, token, labels, slots, workerPool } = parsed;
    const { size, maxMemory, isolation } = workerPool;
    runtime = new EnclaveRuntime({
      brokerUrl,
      labels,
      workerPool: {
        ...(size === undefined ? {} : { size }),
        ...(maxMemory === undefined ? {} : { maxMemory }),
        ...(isolation === undefined ? {} : { isolation }),
      },
      ...(token === undefined ? {} : { token }),
      ...(slots === undefined ? {} : { slots }),
    });
    await runtime.connect();
    process.send?.({ type: 'connected' });
    return;
  }
  await runtime?.drain();
  await runtime?.[Symbol.asyncDispose]();
  process.exit(0);
}
