// What travels between the embedding process and a host process: one array of messages per turn, over a socket to the thread that
// runs scripts; pings, and what the watch sees of that thread from outside, over another.
// Payloads are JSON texts that only their last reader parses. What comes up is untrusted; pool/messages.ts checks it.
import type { ExecutionLimits, Isolation, LogLevel, ScriptLanguage } from '../execution.ts';

export const PROTOCOL_VERSION = 1;

/** Stands where the id of an execution stands, while a worker makes its start snapshot: whoever dies of it shall not try again. */
export const SNAPSHOT_ENTRY: number = 2 ** 31 - 1;

/** What the worker has to know of an execution; a part of the limits, because the rest is kept outside. */
export interface RunOptions {
  readonly isolation: Isolation;
  /** Heap of the isolate, MiB: of this execution, or of the tenant's warm isolate in context mode. */
  readonly heapMb: number;
  readonly tenant: string;
  readonly language: ScriptLanguage;
  readonly filename: string;
  readonly limits: ScriptLimits;
}

/** The limits that are kept next to the script. */
export type ScriptLimits = Pick<
  ExecutionLimits,
  | 'cpuMs'
  | 'maxToolCalls'
  | 'maxPendingToolCalls'
  | 'maxToolArgBytes'
  | 'maxResultBytes'
  | 'maxConsoleBytes'
  | 'maxConsoleCalls'
  | 'maxErrorBytes'
>;

/** To the host process. `id` is unique per host process; `callId` per execution, from 1. */
export type DownMessage =
  | readonly ['run', id: number, source: string, argsJson: string, options: RunOptions]
  | readonly ['cancel', id: number]
  | readonly ['ok', id: number, callId: number, json: string]
  | readonly ['err', id: number, callId: number, code: string, message: string];

/** To the watch of the host process. */
export type PingMessage = readonly ['ping', serial: number];

/** How the worker says an execution failed; positions are in the user's own file. */
export interface FailureReport {
  readonly code: string;
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly line?: number;
  readonly column?: number;
  readonly tool?: string;
  readonly toolCode?: string;
}

/** What the worker measured of one execution. */
export interface Usage {
  /** From the start in the worker to the outcome, ms. */
  readonly durationMs: number;
  readonly cpuMs: number;
  readonly consoleBytes: number;
  readonly logsTruncated: boolean;
  readonly heapUsedBytes?: number;
}

/** From the host process. A run answers at most one `started`, then one `done`. */
export type UpMessage =
  | readonly ['hello', version: number, pid: number]
  | readonly ['started', id: number]
  | readonly ['call', id: number, callId: number, tool: string, argsJson: string]
  | readonly ['log', id: number, level: LogLevel, text: string, atMs: number]
  | readonly ['done', id: number, ok: true, valueJson: string, usage: Usage]
  | readonly ['done', id: number, ok: false, failure: FailureReport, usage: Usage]
  /** An entry is longer than its time (`slice`) or the host's memory is over its bound (`memory`): please kill. */
  | readonly ['overdue', id: number, why: 'slice' | 'memory']
  /** The worker can no longer do all of its work: please replace the host, without hurry. */
  | readonly ['worn', id: number]
  | readonly ['pong', serial: number];
