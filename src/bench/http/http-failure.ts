// Names for what goes wrong between a request and its answer. They appear in reports and are counted by.
import type { LoadFailure } from '../load-target.ts';

const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'CONNECT_REFUSED',
  EHOSTUNREACH: 'CONNECT_UNREACHABLE',
  ENETUNREACH: 'CONNECT_UNREACHABLE',
  UND_ERR_CONNECT_TIMEOUT: 'CONNECT_TIMEOUT',
  ETIMEDOUT: 'CONNECT_TIMEOUT',
  ENOTFOUND: 'DNS_FAILED',
  EAI_AGAIN: 'DNS_FAILED',
  EMFILE: 'DESCRIPTORS_EXHAUSTED',
  EADDRNOTAVAIL: 'PORTS_EXHAUSTED',
};
/** Failures of the machine of the generator: they say nothing about the target. */
const OWN = new Set(['DESCRIPTORS_EXHAUSTED', 'PORTS_EXHAUSTED']);
const TLS = /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/u;
const CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/**
 * @param error - what undici reports
 * @param hasStarted - whether the head of the answer had come
 */
export function failureOf(error: Error, hasStarted: boolean): LoadFailure {
  const code = codeOf(error);
  if (CLOSED.has(code)) return { code: hasStarted ? 'CLOSED_IN_ANSWER' : 'CLOSED_BEFORE_ANSWER' };
  if (TLS.test(code)) return { code: 'TLS_FAILED', isUnreachable: true };
  const known = CODES[code];
  if (known !== undefined) return OWN.has(known) ? { code: known } : { code: known, isUnreachable: true };
  // The parser gave up, or the length does not fit the body.
  if (error.name === 'HTTPParserError' || code.startsWith('UND_ERR_RES')) return { code: 'ANSWER_NOT_HTTP' };
  return { code: 'REQUEST_FAILED' };
}

/** Happy eyeballs reports one error for all addresses; the first tells why. */
function codeOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return first instanceof Error ? codeOf(first) : '';
}
