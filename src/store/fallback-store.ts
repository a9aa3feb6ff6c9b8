// A store beside which another one, in the memory of this process, keeps the sessions that are begun while it is away. An id
// tells where its session is.
import { overlaid } from './overlay.ts';
import type { DispatchEntry, SessionOperations, Store } from './store.ts';

const HERE = 's_here-';

/** Marks the id of a session as one that lives and dies with this process. */
export function idOfHere(uuid: string): string {
  return `${HERE}${uuid}`;
}

export function isHere(id: string): boolean {
  return id.startsWith(HERE);
}

/** All that is done to one session: a new operation has to be sent to one of the two stores as well. */
type OfSession = Omit<SessionOperations, 'list'> & Pick<Store, 'dropDeadline' | 'settle' | 'putBack'>;

export function withFallback(away: Store, here: Store): Store {
  const of = (id: string) => (isHere(id) ? here : away);
  const ofSession: OfSession = {
    submit: (session) => of(session.id).submit(session),
    submitClaimed: (session, holder) => of(session.id).submitClaimed(session, holder),
    claim: (request) => of(request.id).claim(request),
    adopt: (id, ...rest) => of(id).adopt(id, ...rest),
    append: (id, ...rest) => of(id).append(id, ...rest),
    toolBegin: (call) => of(call.id).toolBegin(call),
    toolDone: (call) => of(call.id).toolDone(call),
    toolEnd: (call) => of(call.id).toolEnd(call),
    finish: (end) => of(end.id).finish(end),
    cancel: (id, final) => of(id).cancel(id, final),
    release: (id, ...rest) => of(id).release(id, ...rest),
    find: (id) => of(id).find(id),
    read: (id, ...rest) => of(id).read(id, ...rest),
    dropDeadline: (id) => of(id).dropDeadline(id),
    settle: (entry) => of(entry.id).settle(entry),
    putBack: (entry) => of(entry.id).putBack(entry),
  };
  const both: Pick<Store, 'open' | 'renew' | typeof Symbol.asyncDispose> = {
    async open(brokerId, onBell) {
      await away.open(brokerId, onBell);
      await here.open(brokerId, onBell);
    },
    // Nobody else could take over what is here.
    renew: (entries, leaseMs) =>
      away.renew(
        entries.filter((entry: DispatchEntry) => !isHere(entry.id)),
        leaseMs,
      ),
    async [Symbol.asyncDispose]() {
      await here[Symbol.asyncDispose]();
      await away[Symbol.asyncDispose]();
    },
  };
  return Object.assign(overlaid(away), ofSession, both);
}
