// Who is to blame for the end of a host, and what the others on it are to it.
import type { OutcomeCode } from '../errors.ts';
import type { HostEnd } from './host.ts';

export interface Verdict<T> {
  /** The execution that ended the host, where that is known for certain. */
  readonly culprit: T | undefined;
  readonly bystanders: readonly T[];
  /** Whether one of the bystanders may be the culprit, so that each has to show itself alone. */
  readonly areSuspects: boolean;
  /** What befell the bystanders, for their outcomes. */
  readonly what: string;
}

interface Jobs<T> {
  get(id: number): T | undefined;
  values(): Iterable<T>;
}

/** `jobs` by the ids that the host knows them by; `placed` is how many executions it was given in its life. */
export function judge<T>(jobs: Jobs<T>, placed: number, end: HostEnd): Verdict<T> {
  const all = [...jobs.values()];
  if (end.reason === 'protocol') {
    // Some script has taken the host over, now or earlier, and what such a host says of who it was is worth nothing. Only who
    // had it to himself from its start is known for certain.
    const culprit = placed === 1 ? all[0] : undefined;
    const bystanders = culprit === undefined ? all : [];
    return { culprit, bystanders, areSuspects: true, what: 'the host process broke the protocol' };
  }
  const only = all.length === 1 && end.reason !== 'stopped' ? all[0] : undefined;
  const culprit = end.culprit === undefined ? only : jobs.get(end.culprit);
  const how = culprit === undefined ? 'through no script that is known' : 'through another script';
  return {
    culprit,
    bystanders: all.filter((job) => job !== culprit),
    areSuspects: false,
    what: `the host process was lost ${how}`,
  };
}

/** The outcome of the culprit: code, message, and the signal that ended the host where that says something. */
export function sentence(end: HostEnd): readonly [code: OutcomeCode, message: string, signal?: string] {
  switch (end.reason) {
    case 'memory':
      return ['MEMORY_LIMIT', 'the host process ran out of the memory it may use'];
    case 'overdue':
    case 'silent':
      return ['UNRESPONSIVE_KILLED', 'the script could not be interrupted and its host process was killed'];
    case 'protocol':
      return ['SANDBOX_CRASHED', 'the script ran alone in a host process that broke the protocol'];
    default: {
      const signal = end.signal ?? `exit code ${end.exitCode ?? 'unknown'}`;
      return ['SANDBOX_CRASHED', 'the script ended the host process it ran in', signal];
    }
  }
}
