// The answers of clients to calls of external tools.
import { z } from 'zod';
import { EnclaveError, invalidInput } from '../errors.ts';
import type { SessionRecord, Store } from '../store/store.ts';
import type { ExternalToolCheck } from '../tools/external-tools.ts';
import { zodProblems } from '../zod-problems.ts';

/** Body of `POST /sessions/:id/tool-result`. */
export type ToolAnswer =
  | { readonly callId: number; readonly ok: true; readonly result?: unknown }
  | {
      readonly callId: number;
      readonly ok: false;
      readonly error: { readonly code: string; readonly message: string };
    };

const callId = z.number().int().min(1);
const answer = z.discriminatedUnion('ok', [
  z.strictObject({ callId, ok: z.literal(true), result: z.unknown().optional() }),
  z.strictObject({
    callId,
    ok: z.literal(false),
    error: z.strictObject({
      code: z.string().min(1).max(64).default('REFUSED'),
      message: z.string().max(4_096).default('the call was refused'),
    }),
  }),
]);
/** The body as it is documented. */
export const answerSchema: z.ZodType = answer;
const calledTool = z.object({ callId: z.number(), toolName: z.string() });

/** @throws EnclaveError INVALID_INPUT with every problem. */
export function parseAnswer(value: unknown): ToolAnswer {
  const parsed = answer.safeParse(value);
  if (!parsed.success) throw invalidInput('tool result', zodProblems(parsed.error.issues, value));
  return parsed.data;
}

export interface ToolAnswersOptions {
  readonly store: Store;
  readonly external: ReadonlyMap<string, ExternalToolCheck>;
  readonly maxToolResultBytes: number;
}

const PAGE = 256;

export class ToolAnswers {
  readonly #options: ToolAnswersOptions;

  constructor(options: ToolAnswersOptions) {
    this.#options = options;
  }

  /**
   * Gives an answer to the script that waits for it, wherever it runs.
   * @throws EnclaveError NOT_FOUND for a call that waits for no client; CONFLICT when it has been answered, or the session
   * has ended; INVALID_INPUT for a result that the tool does not declare; TOO_LARGE.
   */
  async give({ id }: SessionRecord, given: ToolAnswer): Promise<void> {
    const check = this.#options.external.get((await this.#toolOf(id, given.callId)) ?? '');
    if (check === undefined) throw noSuchCall(given.callId);
    const reply = given.ok ? await this.#checked(check, given.result) : given.error;
    const result = JSON.stringify(reply ?? null);
    const most = this.#options.maxToolResultBytes;
    if (result.length > most)
      throw new EnclaveError('TOO_LARGE', `result: expected at most ${most} bytes, got ${result.length}`);
    const event = JSON.stringify({
      callId: given.callId,
      ok: given.ok,
      ...(given.ok ? {} : { code: given.error.code }),
    });
    const end = { id, callId: given.callId, ok: given.ok, result, event, isFromClient: true };
    const code = await this.#options.store.toolEnd(end);
    if (code === 'missing') throw noSuchCall(given.callId);
    if (code === 'already')
      throw new EnclaveError('CONFLICT', `call ${given.callId} has been answered, or its session has ended`);
  }

  async #checked(check: ExternalToolCheck, result: unknown): Promise<unknown> {
    try {
      return await check.checkResult(result);
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      throw invalidInput('tool result', [{ path: 'result', message }]);
    }
  }

  /** The journal has no names; the events have. */
  async #toolOf(id: string, wanted: number): Promise<string | undefined> {
    for (let seq = 0; ; ) {
      const page = await this.#options.store.read(id, { seq }, PAGE);
      for (const event of page?.events ?? []) {
        if (event.type !== 'tool_call') continue;
        const call = calledTool.parse(JSON.parse(event.payload));
        if (call.callId === wanted) return call.toolName;
      }
      const last = page?.events.at(-1);
      if (last === undefined || (page?.events.length ?? 0) < PAGE) return undefined;
      seq = last.seq;
    }
  }
}

function noSuchCall(id: number): EnclaveError {
  return new EnclaveError('NOT_FOUND', `call ${id} waits for no client`);
}
