// Help that belongs to no single command: the front page, the exit statuses, the codes. Printed from the tables.
import { EXIT_STATUSES, FAULT_CODES, OUTCOME_CODES } from '../errors.ts';
import type { CommandEntry } from './commands.ts';

export function mainHelp(commands: readonly CommandEntry[]): string {
  return `enclave - run unreviewed scripts in a sandbox, measure it, plan the fleet from what was measured

Usage: enclave <command> [options]

Commands:
${rows(commands.map(({ name, summary }) => [name, summary]))}

Help:
${rows([
  ['<command> --help', 'the options of a command'],
  ['help exit-codes', 'what the exit statuses mean'],
  ['help codes', 'every error code, its exit status, and whether a retry may help'],
  ['--version', 'the version'],
])}

Examples:
  enclave run script.js --args '{"n": 10}'
  echo 'return 6 * 7' | enclave run -
  enclave bench --scenario tools --rate 100 --duration 12s
  enclave plan --per-day 5M --peak 3 --slo p99=150ms
`;
}

/** Topics of `enclave help <topic>`. */
export const HELP_TOPICS: Readonly<Record<string, () => string>> = {
  'exit-codes': () =>
    `Exit statuses of enclave:\n${rows(EXIT_STATUSES.map(({ status, meaning }) => [String(status), meaning]))}\n`,
  codes: () =>
    `Error codes (exit status, retry, meaning):\n${rows(
      Object.entries({ ...OUTCOME_CODES, ...FAULT_CODES }).map(([code, info]) => [
        code,
        `${String(info.exitCode).padStart(3)}  ${info.retryable ? 'retry' : '     '}  ${info.summary}`,
      ]),
    )}\n`,
};

function rows(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([left]) => left.length));
  return pairs.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
