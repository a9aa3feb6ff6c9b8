// Refusals and failed connections as errors of the table.
import { EnclaveError, FAULT_CODES, type FaultCode } from '../errors.ts';
import type { Answer } from './transport.ts';

/** What a broker's refusal says, as an error. */
export async function refusal(answer: Answer): Promise<EnclaveError> {
  const body = await answer.text().then(parsed, () => undefined);
  const said: { readonly code?: unknown; readonly message?: unknown } =
    typeof body === 'object' && body !== null ? { ...body } : {};
  const { code, message } = said;
  const retryAfter = Number(answer.header('retry-after') ?? '0');
  const fallback: FaultCode = answer.status >= 500 ? 'CONNECTION_LOST' : 'INVALID_INPUT';
  const text =
    typeof message === 'string' ? message.replace(/^\[\w+\] /u, '') : `the broker answered ${answer.status}`;
  return new EnclaveError(typeof code === 'string' && isFault(code) ? code : fallback, text, {
    ...(retryAfter > 0 ? { retryAfterMs: retryAfter * 1_000 } : {}),
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isFault(code: string): code is FaultCode {
  return Object.hasOwn(FAULT_CODES, code);
}

export function asConnectionError(thrown: unknown): EnclaveError {
  if (thrown instanceof EnclaveError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? ` (${thrown.cause.message})` : '';
  return new EnclaveError('CONNECTION_LOST', `the broker cannot be reached: ${message}${cause}`, {
    cause: thrown,
  });
}
