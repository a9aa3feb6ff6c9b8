// JSON Schemas that others wrote, as zod schemas: so that tools of MCP servers are tools like any other.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { z } from 'zod';
import type { JsonSchema } from '../schema-to-type.ts';

/**
 * A zod schema that accepts what `schema` accepts and prints as it does. Compiled at first use.
 * One that cannot be compiled accepts everything: the server checks what it gets itself.
 */
export function foreignSchema(schema: JsonSchema): z.ZodType {
  // Names of the schema itself mean nothing here, and two tools may bear the same.
  const { $schema: _dialect, $id: _id, id: _oldId, ...rest } = schema;
  let validate: ValidateFunction | undefined;
  return z
    .unknown()
    .superRefine((value, context) => {
      validate ??= compile(rest);
      if (validate(value)) return;
      for (const { instancePath, message } of validate.errors ?? [])
        context.addIssue({
          code: 'custom',
          message: message ?? 'not as declared',
          path: instancePath.split('/').slice(1),
        });
    })
    .meta(rest);
}

function compile(schema: JsonSchema): ValidateFunction {
  // Stops at the first error, so that hostile arguments cannot make it gather millions; formats are the server's matter.
  const ajv = new Ajv2020({ strict: false, validateSchema: false, validateFormats: false, logger: false });
  try {
    return ajv.compile(schema);
  } catch {
    return ajv.compile({});
  }
}
