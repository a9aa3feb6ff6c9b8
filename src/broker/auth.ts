// Who may come in. Keys are kept as hashes and compared in constant time; without keys only this machine is served.
import { createHash, timingSafeEqual } from 'node:crypto';
import { EnclaveError, invalidInput, type Problem } from '../errors.ts';
import { LOOPBACK } from '../loopback.ts';

/** What a key allows: submit and cancel; look at one's own sessions; look at the fleet and its figures. */
export type Scope = 'run' | 'read' | 'admin';

export interface Caller {
  readonly tenant: string;
  readonly scopes: readonly Scope[];
}

export interface Auth {
  /** Who presents a client's key; `undefined` when it is not known. */
  readonly callerOf: (key: string | undefined) => Caller | undefined;
  readonly isRuntime: (token: string | undefined) => boolean;
  /** False: everybody who reaches the port is the tenant `default`. */
  readonly isOn: boolean;
}

const MIN_SECRET = 16;
const TENANT = /^[\w.-]{1,64}$/u;

const SCOPES: readonly Scope[] = ['run', 'read', 'admin'];
const USUAL_SCOPES: readonly Scope[] = ['run', 'read'];

export const NO_AUTH: Auth = {
  isOn: false,
  callerOf: () => ({ tenant: 'default', scopes: SCOPES }),
  isRuntime: () => true,
};

/**
 * @param keyFile lines of `<key> [tenant] [scopes]`, scopes with commas: run,read unless given; `#` begins a comment.
 * @param runtimeToken what runtimes must present; a client's key is not one, nor the reverse.
 * @throws EnclaveError INVALID_INPUT
 */
export function createAuth(keyFile: string, runtimeToken: string): Auth {
  const problems: Problem[] = [];
  const keys: { readonly hash: Buffer; readonly caller: Caller }[] = [];
  for (const [index, line] of keyFile.split('\n').entries()) {
    const [key = '', tenant = 'default', given, ...rest] = line.replace(/#.*$/u, '').trim().split(/\s+/u);
    if (key === '') continue;
    const path = `line ${index + 1}`;
    if (key.length < MIN_SECRET)
      problems.push({ path, message: `expected a key of at least ${MIN_SECRET} characters` });
    if (!TENANT.test(tenant) || rest.length > 0)
      problems.push({ path, message: 'expected a key, a tenant of letters, digits, _ . - and its scopes' });
    const names = given?.split(',') ?? USUAL_SCOPES;
    const scopes = SCOPES.filter((scope) => names.includes(scope));
    if (scopes.length < names.length)
      problems.push({
        path,
        message: `expected scopes of ${SCOPES.join(',')}, got ${JSON.stringify(given)}`,
      });
    keys.push({ hash: sha256(key), caller: { tenant, scopes } });
  }
  if (keys.length === 0) problems.push({ path: '', message: 'expected at least one key' });
  if (runtimeToken.length < MIN_SECRET)
    problems.push({ path: 'runtime token', message: `expected at least ${MIN_SECRET} characters` });
  if (problems.length > 0) throw invalidInput('keys', problems);
  const runtime = sha256(runtimeToken);
  return {
    isOn: true,
    // Every key is compared: the time tells nothing about which one was nearly right.
    callerOf: (key) => {
      const given = sha256(key ?? '');
      return keys.reduce<Caller | undefined>(
        (found, { hash, caller }) => (timingSafeEqual(hash, given) ? caller : found),
        undefined,
      );
    },
    isRuntime: (token) => timingSafeEqual(runtime, sha256(token ?? '')),
  };
}

/** @throws EnclaveError UNAUTHORIZED when a broker without keys would serve other machines. */
export function checkHost(host: string, auth: Auth): void {
  if (auth.isOn || LOOPBACK.has(host)) return;
  throw new EnclaveError(
    'UNAUTHORIZED',
    `listening on ${host} needs keys: without them only this machine is served`,
    {
      hint: 'give --api-key-file and --runtime-token-file, or listen on 127.0.0.1',
    },
  );
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
