// The list of MCP servers that a user writes: `{"mcpServers": {"name": {"command": …} | {"url": …}}}`, as other clients read it.
import { readFile } from 'node:fs/promises';
import { resolve as resolvePath } from 'node:path';
import { EnclaveError, invalidInput, type Problem } from '../../errors.ts';
import { MIN_SECRET_LENGTH } from '../mask.ts';
import type { SecretSource } from '../registry.ts';

interface ServerBase {
  /** What its tools are called by: `name:tool`. */
  readonly name: string;
  /** Names of the environment variables that its configuration expands and whose values must never be shown. */
  readonly secrets: readonly string[];
}

/** A server that is a child process and talks over its stdin and stdout. */
export interface StdioServer extends ServerBase {
  readonly kind: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  /** Beside these the child gets HOME, LOGNAME, PATH, SHELL, TERM and USER of this process, nothing else. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly cwd: string;
}

/** A server that is reached by streamable HTTP. */
export interface HttpServer extends ServerBase {
  readonly kind: 'http';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

export type McpServer = StdioServer | HttpServer;

export interface McpConfigOptions {
  /** Folder that relative paths are resolved in, and where stdio servers run unless they name another. */
  readonly cwd: string;
  /** Gives the values of `${env:NAME}`. */
  readonly secrets: SecretSource;
}

const MAX_CONFIG_CHARACTERS = 1_000_000;
const MAX_SERVERS = 32;
const SERVER_NAME = /^[\w\-.]{1,48}$/u;
const STDIO_KEYS = ['type', 'command', 'args', 'env', 'cwd'];
const HTTP_KEYS = ['type', 'url', 'headers'];
const HTTP_TYPES: readonly unknown[] = [undefined, 'http', 'streamable-http'];

/**
 * Reads and checks the file at `path`.
 * @throws EnclaveError FILE_NOT_READABLE, or INVALID_INPUT with every problem in it.
 */
export async function loadMcpConfig(path: string, options: McpConfigOptions): Promise<McpServer[]> {
  const shown = JSON.stringify(path);
  const text = await readFile(resolvePath(options.cwd, path), 'utf8').catch((cause: unknown) => {
    throw new EnclaveError(
      'FILE_NOT_READABLE',
      `expected a file of MCP servers that can be read, got ${shown}`,
      {
        cause,
      },
    );
  });
  return parseMcpConfig(parseJson(text, shown), options, `MCP servers ${shown}`);
}

function parseJson(text: string, shown: string): unknown {
  try {
    if (text.length <= MAX_CONFIG_CHARACTERS) return JSON.parse(text);
  } catch {
    // The parser's message would quote the file, and with it a secret written there.
    throw new EnclaveError('INVALID_INPUT', `MCP servers ${shown}: expected JSON, got something else`);
  }
  throw new EnclaveError(
    'INVALID_INPUT',
    `MCP servers ${shown}: expected at most ${MAX_CONFIG_CHARACTERS} characters, got ${text.length}`,
  );
}

/**
 * Checks parsed configuration and expands `${env:NAME}` in every text of it. No message quotes a value.
 * @throws EnclaveError INVALID_INPUT with every problem.
 */
export function parseMcpConfig(
  value: unknown,
  options: McpConfigOptions,
  subject = 'MCP servers',
): McpServer[] {
  const problems: Problem[] = [];
  const servers: McpServer[] = [];
  const listed = isObject(value) ? value['mcpServers'] : undefined;
  if (!isObject(listed)) {
    throw invalidInput(subject, [
      { path: 'mcpServers', message: `expected an object, got ${kindOf(listed)}` },
    ]);
  }
  const entries = Object.entries(listed);
  if (entries.length === 0 || entries.length > MAX_SERVERS)
    problems.push({
      path: 'mcpServers',
      message: `expected 1 to ${MAX_SERVERS} servers, got ${entries.length}`,
    });
  for (const [name, entry] of entries) {
    const server = new EntryReader(`mcpServers.${name.slice(0, 60)}`, problems, options).read(name, entry);
    if (server !== undefined) servers.push(server);
  }
  if (problems.length > 0) throw invalidInput(subject, problems);
  return servers;
}

/** Reads one entry; what is wrong goes into `problems`. */
class EntryReader {
  readonly #path: string;
  readonly #problems: Problem[];
  readonly #options: McpConfigOptions;
  readonly #expanded = new Set<string>();

  constructor(path: string, problems: Problem[], options: McpConfigOptions) {
    this.#path = path;
    this.#problems = problems;
    this.#options = options;
  }

  read(name: string, entry: unknown): McpServer | undefined {
    if (!SERVER_NAME.test(name)) this.#problem('', 'expected a name of 1 to 48 letters, digits, _ - .');
    if (!isObject(entry)) return this.#problem('', `expected an object, got ${kindOf(entry)}`);
    const isStdio = 'command' in entry;
    if (isStdio === 'url' in entry)
      return this.#problem('', `expected one of command and url, got ${isStdio ? 'both' : 'neither'}`);
    const keys = isStdio ? STDIO_KEYS : HTTP_KEYS;
    for (const key of Object.keys(entry))
      if (!keys.includes(key))
        this.#problem(key.slice(0, 60), `there is no such field here; there are ${keys.join(', ')}`);
    return isStdio ? this.#stdio(name, entry) : this.#http(name, entry);
  }

  #stdio(name: string, entry: Readonly<Record<string, unknown>>): StdioServer {
    if (entry['type'] !== undefined && entry['type'] !== 'stdio')
      this.#problem('type', 'expected stdio or nothing');
    const command = this.#text('command', entry['command']);
    if (command === '') this.#problem('command', 'expected a program, got an empty text');
    const args = this.#texts('args', entry['args']);
    const env = this.#record('env', entry['env']);
    const { cwd } = this.#options;
    const folder = entry['cwd'] === undefined ? cwd : resolvePath(cwd, this.#text('cwd', entry['cwd']));
    return { kind: 'stdio', name, command, args, env, cwd: folder, secrets: [...this.#expanded] };
  }

  #http(name: string, entry: Readonly<Record<string, unknown>>): HttpServer {
    if (!HTTP_TYPES.includes(entry['type']))
      this.#problem('type', 'expected http, streamable-http or nothing; the older sse is not supported');
    const text = this.#text('url', entry['url']);
    const url = URL.parse(text);
    const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
    if (!isHttp) this.#problem('url', 'expected an http or https URL');
    if (url !== null && (url.username !== '' || url.password !== ''))
      this.#problem('url', 'expected no user and password in the URL: give them in headers');
    const headers = this.#record('headers', entry['headers']);
    for (const [key, value] of Object.entries(headers))
      if (!isHeader(key, value)) this.#problem(`headers.${key.slice(0, 60)}`, 'expected a valid HTTP header');
    return {
      kind: 'http',
      name,
      url: url ?? new URL('http://invalid/'),
      headers,
      secrets: [...this.#expanded],
    };
  }

  #texts(field: string, value: unknown): string[] {
    if (value === undefined) return [];
    if (Array.isArray(value)) return value.map((item, index) => this.#text(`${field}[${index}]`, item));
    this.#problem(field, `expected a list, got ${kindOf(value)}`);
    return [];
  }

  #record(field: string, value: unknown): Record<string, string> {
    if (value === undefined) return {};
    if (isObject(value))
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, this.#text(`${field}.${key.slice(0, 60)}`, item)]),
      );
    this.#problem(field, `expected an object, got ${kindOf(value)}`);
    return {};
  }

  /** A text with its `${env:NAME}` expanded; '' where it is none. */
  #text(field: string, value: unknown): string {
    if (typeof value !== 'string') {
      this.#problem(field, `expected a text, got ${kindOf(value)}`);
      return '';
    }
    return value.replaceAll(/\$\{([^}]*)\}/gu, (_whole, inner: string) => {
      const name = /^env:([A-Za-z_]\w{0,127})$/u.exec(inner)?.[1];
      if (name === undefined) {
        this.#problem(field, `expected \${env:NAME}, got \${${inner.slice(0, 40)}}`);
        return '';
      }
      const found = this.#options.secrets(name);
      if (found === undefined) this.#problem(field, `expected an environment variable ${name}, got none`);
      else if (found.length >= MIN_SECRET_LENGTH && !PUBLIC.has(name)) this.#expanded.add(name);
      return found ?? '';
    });
  }

  #problem(field: string, message: string): undefined {
    this.#problems.push({ path: field === '' ? this.#path : `${this.#path}.${field}`, message });
  }
}

/** Variables that hold paths and names of people, not secrets: masking them would cut them out of innocent results. */
const PUBLIC: ReadonlySet<string> = new Set([
  'HOME',
  'LANG',
  'LOGNAME',
  'PATH',
  'PWD',
  'SHELL',
  'TEMP',
  'TERM',
  'TMPDIR',
  'USER',
  'USERPROFILE',
]);

function isHeader(key: string, value: string): boolean {
  try {
    new Headers([[key, value]]);
    return true;
  } catch {
    return false;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a value is, never what is in it. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
