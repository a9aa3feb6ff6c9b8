// From an unknown value to a checked scenario: every mistake is reported at once, each with its path.
import { invalidInput, type Problem } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { nearest } from '../nearest.ts';
import { zodProblems } from '../zod-problems.ts';
import { scenarioFileSchema } from './scenario-file.ts';
import type { ScenarioFile } from './scenario-types.ts';

/**
 * Validates a scenario and fills in its defaults; opens no file.
 *
 * @param subject - what the value is called in messages: `scenario orders.json`
 * @throws EnclaveError INVALID_INPUT with every problem found
 */
export function parseScenario(value: unknown, subject = 'scenario'): ScenarioFile {
  const parsed = scenarioFileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidInput(subject, zodProblems(parsed.error.issues, value).map(suggestKey));
}

const KNOWN_KEYS = [
  ...[
    '$schema',
    'name',
    'purpose',
    'seed',
    'scripts',
    'tools',
    'tenants',
    'limits',
    'load',
    'thresholds',
    'compress',
  ],
  ...[
    'id',
    'weight',
    'file',
    'code',
    'language',
    'args',
    'expect',
    'latency',
    'errorRate',
    'result',
    'resultBytes',
  ],
  ...[
    'model',
    'arrivals',
    'concurrency',
    'maxInFlight',
    'timeoutMs',
    'drainMs',
    'phases',
    'rate',
    'durationMs',
    'measure',
  ],
  ...['kind', 'ms', 'minMs', 'maxMs', 'medianMs', 'p99Ms', 'fastMs', 'slowMs', 'slowRatio', 'order'],
  ...Object.keys(LIMITS),
];

function suggestKey(problem: Problem): Problem {
  if (problem.message !== 'unknown key') return problem;
  const key = problem.path.split('.').at(-1) ?? '';
  const near = nearest(key, KNOWN_KEYS);
  return near === undefined ? problem : { ...problem, message: `unknown key (did you mean ${near}?)` };
}
