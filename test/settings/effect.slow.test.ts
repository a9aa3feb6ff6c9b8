// Settings that are read but do nothing would be worse than none: each is given to a real server and looked for.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Running, startCli } from '../support/running-cli.ts';

const CONFIG = `
server: {port: 0, readTimeout: 300ms, idleTimeout: 200ms, drain: 0s}
stream: {heartbeat: 100ms}
retention: {events: 1ms, results: 500ms}
sessions: {max: 2, timeout: 20s}
runtime: {workers: 1, slots: 3}
log: {level: info}
limits: {cpuMs: 50}
telemetry: {metricsPort: 0}
debug: {port: 0}
tools: {file: tools.ts}
`;
/** Scripts have no timers. */
const TOOLS = `
import { defineTool } from 'enclave';
import { z } from 'zod';
export const wait = defineTool({
  name: 'wait', description: 'Waits', effect: 'read', args: z.object({ ms: z.number() }),
  handler: ({ ms }) => new Promise((done) => setTimeout(done, ms, 1)),
});
`;

describe('settings of a configuration file, in a server that runs', () => {
  let folder = '';
  let server: Running;
  let url = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enclave-effect-'));
    await writeFile(join(folder, 'enclave.config.yaml'), CONFIG);
    await writeFile(join(folder, 'tools.ts'), TOOLS);
    server = startCli(['serve'], { cwd: folder });
    url = (await server.line(/^listening on (http\S+)$/mu))[1] ?? '';
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const post = async (code: string, accept = 'application/json') =>
    await fetch(`${url}/sessions?wait=20000`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ code }),
    });
  /** Resolves with what came when the other side closes. */
  const untilClosed = (send: string) =>
    new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(send));
      socket.on('data', (chunk) => {
        text += chunk.toString();
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });

  it('server.readTimeout refuses a request that does not end', async () => {
    expect(await untilClosed('POST /sessions HTTP/1.1\r\nhost: localhost\r\ncontent-le')).toContain('408');
  });

  it('server.idleTimeout closes a connection that nobody uses', async () => {
    const text = await untilClosed('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
    expect(text).toMatch(/200 OK[\s\S]*"ok"/u);
  });

  it('stream.heartbeat is heard while nothing happens', async () => {
    const response = await post('await callTool("wait", { ms: 1500 })', 'text/event-stream');
    expect(await response.text()).toContain('"type":"heartbeat"');
  });

  it('limits and retention hold', async () => {
    const text = await (await post('for (;;);')).text();
    expect(text).toContain('CPU_TIMEOUT');
    const { sessionId } = JSON.parse(text) as { sessionId: string };
    await expect
      .poll(async () => (await fetch(`${url}/sessions/${sessionId}`)).status, { timeout: 20_000 })
      .toBe(404);
  });

  it('runtime.slots and the metrics port are there', async () => {
    const [, metrics = ''] = await server.line(/^metrics on (http\S+)$/mu);
    const text = await (await fetch(metrics)).text();
    expect(text).toMatch(/^enclave_slots 3$/mu);
    expect(text).toMatch(/^enclave_runtime_slots\{state="free"\} 3$/mu);
  });

  it('log.level shows the start as JSON', async () => {
    const [line = ''] = await server.line(/^\{.*"listening"\}$/mu);
    expect(JSON.parse(line)).toMatchObject({ level: 'info', part: 'broker', store: 'memory' });
  });

  it('the debug port answers', async () => {
    const [, debug = ''] = await server.line(/^debug port on (http\S+)$/mu);
    expect(await (await fetch(`${debug}/debug/event-loop`)).json()).toMatchObject({
      count: expect.any(Number),
    });
  });

  it('sessions.max bounds what is under way', async () => {
    const hold = () => post('return await callTool("wait", { ms: 3000 })');
    const held = [hold(), hold()];
    // The third comes while the two are there, or not at all: they hold their places for three seconds.
    await expect
      .poll(async () => (await post('return 1')).status, { timeout: 20_000, interval: 50 })
      .toBe(503);
    await Promise.all(held);
  });
});
