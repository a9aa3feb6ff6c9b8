// The command that an instance of the plan runs: broker and runtime in one process, `enclave serve`.
import type { DeployNumbers } from './deploy-numbers.ts';
import { type Noted, noted } from './noted-yaml.ts';

/** Port of the API, in the image, behind the Service and behind nginx. */
export const SERVE_PORT = 8_080;
/** Where the secrets are: `keys`, lines of `key tenant`, and `runtime-token`. Whoever listens beyond its own machine needs both. */
export const SECRETS_FOLDER = '/etc/enclave';
/** Places that `serve` has by itself. */
const USUAL_SLOTS = 128;

/** Arguments of `enclave`, each with its reason. @param keyFile - where the file with the keys is */
export function serveArguments(
  n: DeployNumbers,
  secrets: string = SECRETS_FOLDER,
): readonly (string | Noted<string>)[] {
  const timeout = `${n.sessionTimeoutS.value}s`;
  const slots = Math.max(USUAL_SLOTS, Math.ceil(2 * n.inFlightPerPod.value));
  return [
    'serve',
    noted('--host=0.0.0.0', 'every address of the instance'),
    noted(`--port=${SERVE_PORT}`, 'assumed; the same in what stands before it'),
    noted(`--api-key-file=${secrets}/keys`, 'listening beyond its own machine needs keys'),
    noted(
      `--runtime-token-file=${secrets}/runtime-token`,
      'and a token, so that no stranger joins as a runtime',
    ),
    noted(`--workers=${n.workers.value}`, n.workers.why),
    noted(
      `--slots=${slots}`,
      `2 x ${n.inFlightPerPod.value} executions at the scaling point, at least ${USUAL_SLOTS}`,
    ),
    noted(`--max-sessions=${n.maxSessions.value}`, n.maxSessions.why),
    noted(`--session-timeout=${timeout}`, n.sessionTimeoutS.why),
    noted(`--drain=${timeout}`, 'what runs may run to its end'),
  ];
}

/** The same as one line, for a shell or systemd. */
export function serveLine(n: DeployNumbers, secrets?: string): string {
  return serveArguments(n, secrets)
    .map((argument) => (typeof argument === 'string' ? argument : argument.value))
    .join(' ');
}
