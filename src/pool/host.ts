// What a pool needs of a host, be it a process of its own or a thread of this one. Types only.
import type { DownMessage, UpMessage } from '../sandbox/messages.ts';

/** Why a host ended. */
export interface HostEnd {
  readonly reason: 'stopped' | 'crashed' | 'overdue' | 'memory' | 'silent' | 'protocol' | 'start';
  readonly signal: string | undefined;
  readonly exitCode: number | undefined;
  /** Id of the execution that was in an entry at that time: 0 for none, `undefined` where the platform does not tell. */
  readonly culprit: number | undefined;
  /** Its last words, for whoever runs the pool; never for a script. */
  readonly stderr: string;
}

export interface HostEvents {
  readonly onReady: () => void;
  readonly onMessage: (message: UpMessage) => void;
  /** Once, and nothing after it. */
  readonly onEnd: (end: HostEnd) => void;
}

export interface Host {
  /** Of the process it runs in; 0 when that could not be started. */
  readonly pid: number;
  readonly isReady: boolean;
  /** Sends at the end of the present turn, together with all else that comes up in it. */
  send(message: DownMessage): void;
  /** Whether it has work; only then does it keep the embedding process alive. */
  setBusy(isBusy: boolean): void;
  /** It is waited for now: no matter how it was started, it gets its share of the processors. */
  hurry(): void;
  /** Ends it at once; `onEnd` follows. */
  kill(reason: HostEnd['reason']): void;
}
