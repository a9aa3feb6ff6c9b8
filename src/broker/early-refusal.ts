// Under overload nearly all that a broker does is to refuse: before the request is routed, and before its body is read.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EnclaveError } from '../errors.ts';
import type { ObserveBroker } from '../telemetry/broker-events.ts';
import type { Auth } from './auth.ts';
import { checkCaller } from './check-caller.ts';
import { sendRefusal } from './error-reply.ts';

export interface EarlyRefusalOptions {
  readonly auth: Auth;
  /** Why a submit would be refused, whatever it asks for. */
  readonly refusal: () => EnclaveError | undefined;
  readonly observe: ObserveBroker;
}

/** Answers a request that is refused whatever it asks for; false for all others. */
export type AnswerEarly = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Paths of submits, as clients write them: any other spelling is refused later. */
const ROUTE = /^(\/sessions|\/tasks)(?:\?|$)/u;

export function refuseEarly({ auth, observe, refusal }: EarlyRefusalOptions): AnswerEarly {
  return (request, response) => {
    // A repeat is let through: it may take no place.
    if (request.method !== 'POST' || request.headers['idempotency-key'] !== undefined) return false;
    const error = refusal();
    if (error === undefined) return false;
    const startMs = performance.now();
    const route = ROUTE.exec(request.url ?? '')?.[1];
    if (route === undefined) return false;
    const { method } = request;
    let tenant: string;
    try {
      tenant = checkCaller(auth, request.headers, method, route);
    } catch {
      // Whoever may not come in is told so by those who say it to everybody.
      return false;
    }
    const status = sendRefusal(response, error);
    observe({ type: 'refused', tenant, reason: error.code });
    observe({ type: 'responded', method, route, status, durationMs: performance.now() - startMs });
    return true;
  };
}
