// The one thread of a host that runs scripts. It takes batches of messages, works through them in turns, and answers in batches.
import { prepareBootSnapshot } from './boot.ts';
import { Collector } from './collect.ts';
import { isMemoryFault } from './engine-errors.ts';
import { ExecutionRun, type Reply, type RunHost } from './execution-run.ts';
import { limitFailure } from './failure-reports.ts';
import { type LinkEnd, openLink } from './link.ts';
import type { DownMessage, FailureReport, RunOptions, UpMessage } from './messages.ts';
import { PROTOCOL_VERSION, SNAPSHOT_ENTRY } from './messages.ts';
import { Rooms } from './rooms.ts';
import { SlotWriter } from './slot.ts';
import { SourceCache } from './source-cache.ts';
import type { Stripped } from './typescript.ts';

/** New executions started in one turn, ms; replies to running ones are never behind more than this. */
const START_BUDGET_MS = 4;
/** Where many wait and nobody for a reply, a turn starts a quarter of them, as far as that is done within this, ms. */
const LONG_TURN_MS = 12;
const SHARE_OF_WAITING = 0.25;
const UPKEEP_MS = 10_000;
/** A worker that has nothing to do for so long makes its start snapshot. */
const SNAPSHOT_AFTER_MS = 50;
const SNAPSHOT_BUDGET_MS = 2_000;

export interface WorkerSetup {
  /** Towards the embedding process. */
  readonly link: LinkEnd;
  readonly slot: SharedArrayBuffer;
  /** `performance.timeOrigin` of the thread that reads the slot, or that all its readers reckon with. */
  readonly originMs: number;
  /** Open file that survives a crash of the host, see slot.ts. */
  readonly markFd?: number;
  /** Whether it may make a start snapshot: V8 can end the process over it. */
  readonly maySnapshot?: boolean;
}

/** Serves until the embedding process has gone. */
export function serve(setup: WorkerSetup): Promise<void> {
  return new Promise((resolve) => {
    const link = openLink(setup.link, (batch) => loop.receive(batch), resolve);
    const loop = new WorkerLoop(setup, link.send);
    link.send([['hello', PROTOCOL_VERSION, process.pid]]);
  });
}

interface Start {
  readonly id: number;
  readonly source: string;
  readonly argsJson: string;
  readonly options: RunOptions;
}

interface Running {
  readonly run: ExecutionRun;
  readonly options: RunOptions;
  isAnnounced: boolean;
}

class WorkerLoop {
  readonly #sendBatch: (batch: readonly UpMessage[]) => void;
  readonly #host: RunHost;
  readonly #rooms = new Rooms();
  readonly #collector = new Collector();
  readonly #running = new Map<number, Running>();
  readonly #leaving: Running[] = [];
  #starts: Start[] = [];
  #replies = new Map<number, Reply[]>();
  #out: UpMessage[] = [];
  #nonce = 0;
  #isTurnDue = false;
  #isStripperBroken = false;

  constructor(
    { slot, originMs, markFd, maySnapshot = false }: Omit<WorkerSetup, 'link'>,
    sendBatch: (batch: readonly UpMessage[]) => void,
  ) {
    this.#sendBatch = sendBatch;
    setInterval(() => this.#rooms.dropUnused(), UPKEEP_MS).unref();
    if (maySnapshot) this.#snapshotWhenIdle();
    this.#host = {
      slot: new SlotWriter(slot, originMs, markFd),
      sources: new SourceCache(),
      post: (message, isUrgent) => this.#post(message, isUrgent),
      nextNonce: () => String(this.#nonce++),
    };
  }

  receive(batch: readonly DownMessage[]): void {
    for (const message of batch) {
      switch (message[0]) {
        case 'run': {
          const [, id, source, argsJson, options] = message;
          this.#starts.push({ id, source, argsJson, options });
          break;
        }
        case 'cancel':
          this.#cancel(message[1]);
          break;
        case 'ok':
          this.#addReply(message[1], { callId: message[2], ok: true, json: message[3] });
          break;
        case 'err': {
          const [, id, callId, code, text] = message;
          this.#addReply(id, { callId, ok: false, json: JSON.stringify([code, text]) });
          break;
        }
      }
    }
    this.#turn();
  }

  #addReply(id: number, reply: Reply): void {
    const list = this.#replies.get(id);
    if (list !== undefined) list.push(reply);
    else if (this.#running.has(id)) this.#replies.set(id, [reply]);
  }

  #cancel(id: number): void {
    this.#starts = this.#starts.filter((start) => start.id !== id);
    const running = this.#running.get(id);
    if (running === undefined) return;
    running.run.abandon();
    this.#settle(running);
  }

  // Replies first, so that running executions end before new ones begin. What has come of all that leaves in one batch, and only
  // then go the isolates that are done with; those of earlier starts in the turn have gone before, as the next reuses their memory.
  #turn(): void {
    const replies = this.#replies;
    this.#replies = new Map();
    for (const [id, list] of replies) {
      const running = this.#running.get(id);
      if (running === undefined) continue;
      running.run.deliver(list);
      this.#settle(running);
    }
    const sinceMs = performance.now();
    // Every turn that has something to tell costs the embedding process one of its own.
    const many = this.#starts.length * SHARE_OF_WAITING;
    let count = 0;
    for (const start of this.#starts) {
      if (count > 0) {
        const isGathering = count < many && this.#running.size === 0;
        if (performance.now() - sinceMs >= (isGathering ? LONG_TURN_MS : START_BUDGET_MS)) break;
        this.#clear();
      }
      count++;
      this.#start(start);
    }
    this.#starts.splice(0, count);
    // Before anybody can know that these entries have ended: whoever kills the host then would kill it in one of them.
    this.#host.slot.rest();
    this.#send();
    this.#clear();
    this.#host.slot.rest();
    if (this.#starts.length > 0) this.#callAgain();
    else if (this.#running.size === 0) this.#prepare();
  }

  #callAgain(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    setImmediate(() => {
      this.#isTurnDue = false;
      this.#turn();
    });
  }

  get #isIdle(): boolean {
    return this.#running.size === 0 && this.#starts.length === 0;
  }

  #prepare(): void {
    setImmediate(() => {
      if (this.#isIdle) this.#rooms.prepareSpare();
    });
  }

  // Only while no execution is here that a crash would take along.
  #snapshotWhenIdle(): void {
    setTimeout(() => {
      if (!this.#isIdle) {
        this.#snapshotWhenIdle();
        return;
      }
      this.#host.slot.begin(SNAPSHOT_ENTRY, SNAPSHOT_BUDGET_MS);
      prepareBootSnapshot();
      this.#host.slot.end();
      this.#host.slot.rest();
    }, SNAPSHOT_AFTER_MS).unref();
  }

  #start({ id, source, argsJson, options }: Start): void {
    let js = source;
    if (options.language === 'ts') {
      const stripped = this.#host.sources.strip(source, options.tenant);
      if (stripped.kind !== 'js') {
        this.#refuseTypeScript(id, stripped);
        return;
      }
      js = stripped.source;
    }
    this.#host.slot.begin(id, options.limits.cpuMs);
    let run: ExecutionRun;
    try {
      run = new ExecutionRun(id, js, options, this.#rooms.take(options), this.#host);
    } catch (thrown) {
      this.#host.slot.end();
      const code = isMemoryFault(thrown) ? 'MEMORY_LIMIT' : 'INTERRUPTED';
      this.#refuse(id, limitFailure(code, 'no isolate could be made'));
      return;
    }
    const running: Running = { run, options, isAnnounced: false };
    this.#running.set(id, running);
    run.start(argsJson);
    if (!run.isDone) this.#announce(running);
    this.#settle(running);
  }

  // A text that breaks the stripper breaks it for the whole thread: later ones are sent back to run in another host.
  #refuseTypeScript(id: number, stripped: Exclude<Stripped, { kind: 'js' }>): void {
    if (stripped.kind === 'broken' && this.#isStripperBroken) {
      this.#refuse(id, limitFailure('INTERRUPTED', 'the host is being replaced'));
      return;
    }
    if (stripped.kind === 'broken') {
      this.#isStripperBroken = true;
      this.#out.push(['worn', id]);
    }
    const what =
      stripped.kind === 'broken'
        ? { message: 'the text is nested too deeply' }
        : { message: stripped.message, ...stripped.position };
    this.#refuse(id, { code: 'SYNTAX_ERROR', name: 'SyntaxError', ...what });
  }

  #refuse(id: number, failure: FailureReport): void {
    const usage = { durationMs: 0, cpuMs: 0, consoleBytes: 0, logsTruncated: false };
    this.#out.push(['done', id, false, failure, usage]);
  }

  #settle(running: Running): void {
    const { run } = running;
    if (!run.isDone) return;
    this.#out.push(run.doneMessage());
    this.#running.delete(run.id);
    // Dropping a context is quick, and a collection copies every one that is alive. Isolates go when the outcome is on its way.
    run.release();
    this.#leaving.push(running);
    if (run.room.isolate.isDisposed) this.#interruptSiblings(run);
  }

  // A memory bomb takes the warm isolate with it, and so all that were suspended there.
  #interruptSiblings(culprit: ExecutionRun): void {
    for (const sibling of this.#running.values()) {
      if (sibling.run.room !== culprit.room) continue;
      sibling.run.interrupt();
      this.#settle(sibling);
    }
  }

  #announce(running: Running): void {
    if (running.isAnnounced) return;
    running.isAnnounced = true;
    this.#out.push(['started', running.run.id]);
  }

  #post(message: UpMessage, isUrgent: boolean): void {
    const running = this.#running.get(Number(message[1]));
    if (running !== undefined) this.#announce(running);
    this.#out.push(message);
    if (isUrgent) this.#send();
  }

  #send(): void {
    if (this.#out.length === 0) return;
    this.#sendBatch(this.#out);
    this.#out = [];
  }

  #clear(): void {
    for (const { run, options } of this.#leaving.splice(0)) {
      this.#collector.onGone();
      const leftOver = this.#rooms.leave(run.room, options);
      if (leftOver === undefined) continue;
      // What a script has left after a failure can take V8 long to clear away, or end it.
      if (run.hasFailed) this.#send();
      this.#host.slot.begin(run.id, options.limits.cpuMs);
      leftOver.dispose();
      this.#host.slot.end();
    }
  }
}
