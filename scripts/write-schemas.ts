// Writes the JSON Schemas that ship with the package; a test fails when one of them is out of date.
import { writeFileSync } from 'node:fs';
import { planJsonSchema } from '../src/report/parse-plan.ts';
import { reportJsonSchema } from '../src/report/parse-report.ts';
import { scenarioJsonSchema } from '../src/scenario/scenario-file.ts';

write('../scenarios/scenario.schema.json', scenarioJsonSchema());
write('../docs/bench-report.schema.json', reportJsonSchema());
write('../docs/plan.schema.json', planJsonSchema());

function write(path: string, schema: unknown): void {
  writeFileSync(new URL(path, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
}
