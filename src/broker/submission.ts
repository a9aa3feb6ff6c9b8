// A session as the broker submits it to the store.
import type { Labels, Priority } from '../protocol/events.ts';
import { isHere } from '../store/fallback-store.ts';
import { initPayload } from '../store/payloads.ts';
import type { NewSession } from '../store/store.ts';
import { formatStored, type StoredRequest, type SubmitBody } from './session-request.ts';

export interface SubmissionFacts {
  readonly id: string;
  readonly tenant: string;
  readonly route: string;
  readonly body: SubmitBody;
  readonly stored: StoredRequest;
  /** On the clock of the store, ms. */
  readonly atMs: number;
  readonly sessionTimeoutMs: number;
  /** Broker that wants to hear of every event. */
  readonly watcher: string | undefined;
  readonly isAwaited: boolean;
}

/** A class, since an object literal with a getter costs more to make than all the rest of it. */
export class Submission implements NewSession {
  readonly id: string;
  readonly tenant: string;
  readonly route: string;
  readonly priority: Priority;
  readonly labels: Labels;
  readonly source: string;
  readonly traceparent?: string;
  readonly atMs: number;
  readonly deadlineMs: number;
  readonly init: string;
  readonly watcher?: string;
  readonly isAwaited: boolean;
  /** What `request` is the text of. */
  readonly stored: StoredRequest;
  #request: string | undefined;

  constructor({
    id,
    tenant,
    route,
    body,
    stored,
    atMs,
    sessionTimeoutMs,
    watcher,
    isAwaited,
  }: SubmissionFacts) {
    this.id = id;
    this.tenant = tenant;
    this.route = route;
    this.priority = body.priority;
    this.labels = body.labels;
    this.source = body.code;
    this.atMs = atMs;
    this.deadlineMs = atMs + sessionTimeoutMs;
    this.isAwaited = isAwaited;
    this.stored = stored;
    if (stored.traceparent !== undefined) this.traceparent = stored.traceparent;
    if (watcher !== undefined) this.watcher = watcher;
    const init = initPayload(id, this.deadlineMs);
    this.init = isHere(id) ? `${init.slice(0, -1)},"degraded":true}` : init;
  }

  get request(): string {
    this.#request ??= formatStored(this.stored);
    return this.#request;
  }
}
