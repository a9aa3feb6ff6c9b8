// Writes the JSON Schemas that ship with the package; a test fails when one of them is out of date.
import { writeFileSync } from 'node:fs';
import { scenarioJsonSchema } from '../src/scenario/scenario-file.ts';

const target = new URL('../scenarios/scenario.schema.json', import.meta.url);
writeFileSync(target, `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
