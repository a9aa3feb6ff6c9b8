// An HTTP request as the command line describes it, checked; and the scenario that sends nothing else.
import { createHash } from 'node:crypto';
import { invalidInput, type Problem } from '../../errors.ts';
import type { Scenario } from '../../scenario/load-scenario.ts';

/** As a user writes it. */
export interface HttpRequestInput {
  readonly url: string;
  /** Default: POST with a body, else GET. */
  readonly method?: string | undefined;
  readonly body?: Buffer | undefined;
  /** `name: value`, each. */
  readonly headers?: readonly string[];
}

/** One request, ready to be sent again and again. */
export interface HttpRequest {
  /** `http://host:port`, without credentials. */
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  /** The URL without credentials and without the values of its query: for people and reports. */
  readonly shown: string;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const HEADER = /^([!#$%&'*+.^_`|~\w-]+)\s*:\s*(.*)$/u;
/** Set by the connection itself; sent twice they would change how the message is framed. */
const OWN_HEADERS = new Set(['connection', 'content-length', 'transfer-encoding', 'upgrade', 'expect']);

/** @throws EnclaveError INVALID_INPUT with every mistake */
export function parseHttpRequest(input: HttpRequestInput): HttpRequest {
  const problems: Problem[] = [];
  const url = parseUrl(input.url, problems);
  const method = (input.method ?? (input.body === undefined ? 'GET' : 'POST')).toUpperCase();
  if (!METHODS.includes(method)) {
    problems.push({
      path: '--method',
      message: `expected one of ${METHODS.join(', ')}, got ${JSON.stringify(input.method)}`,
    });
  }
  if (input.body !== undefined && (method === 'GET' || method === 'HEAD')) {
    problems.push({ path: '--body', message: `expected no body with ${method}` });
  }
  const headers = parseHeaders(input.headers ?? [], problems);
  if (url === undefined || problems.length > 0) throw invalidInput('enclave bench', problems);
  return {
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method,
    headers: { ...credentialsOf(url), ...headers },
    body: input.body ?? null,
    shown: showUrl(url),
  };
}

function parseUrl(text: string, problems: Problem[]): URL | undefined {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  problems.push({
    path: '--url',
    message: `expected an http:// or https:// address, got ${JSON.stringify(text)}`,
  });
  return undefined;
}

function parseHeaders(lines: readonly string[], problems: Problem[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? [];
    // The value may be a secret: messages never repeat it.
    if (name === undefined || value === undefined) {
      problems.push({ path: '--header', message: 'expected the form "name: value"' });
    } else if (OWN_HEADERS.has(name.toLowerCase())) {
      problems.push({
        path: '--header',
        message: `expected a header that the connection does not set itself, got ${name}`,
      });
    } else {
      headers[name.toLowerCase()] = value;
    }
  }
  return headers;
}

function credentialsOf({ password, username }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(plain).toString('base64')}` };
}

function showUrl(url: URL): string {
  const names = [...url.searchParams.keys()].map((name) => `${encodeURIComponent(name)}=***`);
  return `${url.origin}${url.pathname}${names.length === 0 ? '' : `?${names.join('&')}`}`;
}

const DEFAULT_CONCURRENCY = 10;
const DEFAULT_RATE_PER_SECOND = 100;

/**
 * The scenario of a bench that was given an address instead of one: the same request every time.
 * Closed with 10 in flight for 10 s after 1 s of warm-up, unless flags say otherwise: no rate fits every service.
 */
export function httpScenario(request: HttpRequest): Scenario {
  return {
    name: 'http',
    purpose: `${request.method} ${request.shown}`,
    seed: 42,
    scripts: [
      {
        id: 'request',
        weight: 1,
        source: '',
        filename: 'request',
        language: 'js',
        args: null,
        expect: ['ok'],
      },
    ],
    tools: {},
    tenants: [{ id: 'default', weight: 1 }],
    limits: {},
    load: {
      model: 'closed',
      arrivals: 'poisson',
      concurrency: DEFAULT_CONCURRENCY,
      timeoutMs: 30_000,
      drainMs: 30_000,
      phases: [
        { name: 'warm-up', rate: DEFAULT_RATE_PER_SECOND, durationMs: 1_000, measure: false },
        { name: 'steady', rate: DEFAULT_RATE_PER_SECOND, durationMs: 10_000, measure: true },
      ],
    },
    thresholds: [],
    compress: 1,
    hash: hashOf(request),
  };
}

/** Header values stay out of it: a hash of a short secret gives the secret away. */
function hashOf({ body, headers, method, origin, path }: HttpRequest): string {
  const names = Object.keys(headers).sort();
  return createHash('sha256')
    .update(JSON.stringify({ method, origin, path, names }))
    .update(body ?? '')
    .digest('hex');
}
