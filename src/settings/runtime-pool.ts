// The setting `pool`: the options of the runtime pool as a whole, checked by the pool's own rules.
import { z } from 'zod';
import { type RuntimePoolOptions, resolvePool } from '../autoscale/options.ts';
import { toEnclaveError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { jsonObject } from './kinds.ts';

const number = z.number().optional();
const shape = z.strictObject({
  driver: z.enum(['local', 'kubernetes', 'none']).optional(),
  minSize: number,
  maxSize: number,
  scaleUpThreshold: number,
  scaleDownThreshold: number,
  scaleInterval: number,
  cooldown: number,
  targetWait: number,
  hourlyBudget: number,
  costPerRuntime: number,
  labels: z.record(z.string(), z.string()).optional(),
  kubernetes: z.strictObject({ deployment: z.string(), namespace: z.string().optional() }).optional(),
});

export function runtimePool(): z.ZodType<RuntimePoolOptions> {
  return z.unknown().transform((value, context): RuntimePoolOptions => {
    try {
      const object = jsonObject(value);
      const names = Object.keys(shape.shape);
      for (const key of Object.keys(object))
        if (!names.includes(key)) {
          const close = nearest(key, names);
          throw new Error(`unknown key ${key}${close === undefined ? '' : `; did you mean "${close}"?`}`);
        }
      // Absent keys stay absent: the schema puts none in.
      const options = shape.parse(object) as RuntimePoolOptions;
      resolvePool(options);
      return options;
    } catch (thrown) {
      context.addIssue({ code: 'custom', message: toEnclaveError(thrown).message });
      return z.NEVER;
    }
  });
}
