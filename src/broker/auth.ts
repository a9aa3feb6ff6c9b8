// Who may come in. Keys are kept as hashes and compared in constant time; without keys only this machine is served.
import { createHash, timingSafeEqual } from 'node:crypto';
import { EnclaveError, invalidInput, type Problem } from '../errors.ts';

export interface Auth {
  /** Tenant of a client's key; `undefined` when it is not known. */
  readonly tenantOf: (key: string | undefined) => string | undefined;
  readonly isRuntime: (token: string | undefined) => boolean;
  /** False: everybody who reaches the port is the tenant `default`. */
  readonly isOn: boolean;
}

const MIN_SECRET = 16;
const TENANT = /^[\w.-]{1,64}$/u;

export const NO_AUTH: Auth = { isOn: false, tenantOf: () => 'default', isRuntime: () => true };

/**
 * @param keyFile lines of `<key> <tenant>`; `#` begins a comment.
 * @param runtimeToken what runtimes must present; a client's key is not one, nor the reverse.
 * @throws EnclaveError INVALID_INPUT
 */
export function createAuth(keyFile: string, runtimeToken: string): Auth {
  const problems: Problem[] = [];
  const keys: { readonly hash: Buffer; readonly tenant: string }[] = [];
  for (const [index, line] of keyFile.split('\n').entries()) {
    const [key = '', tenant = 'default', ...rest] = line.replace(/#.*$/u, '').trim().split(/\s+/u);
    if (key === '') continue;
    const path = `line ${index + 1}`;
    if (key.length < MIN_SECRET)
      problems.push({ path, message: `expected a key of at least ${MIN_SECRET} characters` });
    if (!TENANT.test(tenant) || rest.length > 0)
      problems.push({ path, message: 'expected a key and a tenant of letters, digits, _ . -' });
    keys.push({ hash: sha256(key), tenant });
  }
  if (keys.length === 0) problems.push({ path: '', message: 'expected at least one key' });
  if (runtimeToken.length < MIN_SECRET)
    problems.push({ path: 'runtime token', message: `expected at least ${MIN_SECRET} characters` });
  if (problems.length > 0) throw invalidInput('keys', problems);
  const runtime = sha256(runtimeToken);
  return {
    isOn: true,
    // Every key is compared: the time tells nothing about which one was nearly right.
    tenantOf: (key) => {
      const given = sha256(key ?? '');
      return keys.reduce<string | undefined>(
        (found, { hash, tenant }) => (timingSafeEqual(hash, given) ? tenant : found),
        undefined,
      );
    },
    isRuntime: (token) => timingSafeEqual(runtime, sha256(token ?? '')),
  };
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1', '[::1]']);

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

/** Whether a Host header names this machine: a page that had its name point here would give its own. */
export function isLoopbackHost(header: string | undefined): boolean {
  const name = (header ?? '').replace(/:\d+$/u, '');
  return LOOPBACK.has(name);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
