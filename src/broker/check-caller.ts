// Whether a request may ask what it asks, and in whose name.
import type { IncomingHttpHeaders } from 'node:http';
import { EnclaveError } from '../errors.ts';
import { isLoopbackHost } from '../loopback.ts';
import type { Auth } from './auth.ts';
import { operationOf } from './openapi.ts';

/**
 * @param route pattern of the route that is asked for; none where there is no such route.
 * @returns the tenant of whoever asks; none where anybody may.
 * @throws EnclaveError FORBIDDEN, UNAUTHORIZED
 */
export function checkCaller(
  auth: Auth,
  headers: IncomingHttpHeaders,
  method: string,
  route: string | undefined,
): string {
  if (!auth.isOn && !isLoopbackHost(headers.host))
    throw new EnclaveError('FORBIDDEN', 'a broker without keys is spoken to as localhost only');
  // What is not there needs a key as well: without one, nothing is told of the routes.
  const operation = route === undefined ? undefined : operationOf(method, route);
  const scope = operation?.scope;
  if (operation !== undefined && scope === undefined) return '';
  const caller = auth.callerOf(keyOf(headers));
  if (caller === undefined) throw new EnclaveError('UNAUTHORIZED', 'expected an API key');
  if (scope !== undefined && !caller.scopes.includes(scope))
    throw new EnclaveError('FORBIDDEN', `expected a key with the scope ${scope}`);
  return caller.tenant;
}

function keyOf({ authorization, 'x-api-key': own }: IncomingHttpHeaders): string | undefined {
  const bearer = authorization === undefined ? undefined : /^Bearer (.+)$/u.exec(authorization)?.[1];
  return bearer ?? (Array.isArray(own) ? own[0] : own);
}
