// Calls that a session leaves to its client: handlers answer them as they come in with the events.
import type { SessionEvent } from '../protocol/events.ts';

/** What a client says to a call of an external tool. */
export type ExternalAnswer =
  | { readonly ok: true; readonly result?: unknown }
  | { readonly ok: false; readonly error?: { readonly code?: string; readonly message?: string } };

/**
 * Answers calls of one external tool: what it returns is the result; an error it throws reaches the script with its string
 * `code`, or REFUSED. Called at most once for each call in this run; another client may be faster.
 */
export type ExternalHandler = (
  args: unknown,
  call: { readonly sessionId: string; readonly callId: number; readonly toolName: string },
) => unknown;

/** Hands the calls among the events to their handlers, and the answers to `send`. Other calls wait for other clients. */
export function answerCalls(
  handlers: Readonly<Record<string, ExternalHandler>>,
  send: (sessionId: string, callId: number, answer: ExternalAnswer) => Promise<void>,
  onFailure: (thrown: unknown) => void,
): (event: SessionEvent) => void {
  return (event) => {
    if (event.type !== 'tool_call' || event.payload.external !== true) return;
    const { sessionId } = event;
    const { callId, toolName, args } = event.payload;
    const handler = Object.hasOwn(handlers, toolName) ? handlers[toolName] : undefined;
    if (handler === undefined) return;
    const answered = answerOf(async () => await handler(args, { sessionId, callId, toolName }));
    void answered.then((answer) => send(sessionId, callId, answer)).catch(onFailure);
  };
}

async function answerOf(work: () => Promise<unknown>): Promise<ExternalAnswer> {
  try {
    return { ok: true, result: (await work()) ?? null };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'REFUSED';
    return { ok: false, error: { code, message } };
  }
}
