// The debug port of this very process, over real sockets.
import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDebugPort } from '../../src/telemetry/debug-port.ts';
import type { StatusServer } from '../../src/telemetry/status-server.ts';

describe('the debug port', () => {
  let server: StatusServer;
  beforeAll(async () => {
    server = await openDebugPort({ port: 0, maxSeconds: 2 });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);
  /** fetch does not let one choose the host. */
  const statusFor = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ host: '127.0.0.1', port: server.port, path: '/debug/event-loop', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });

  it('writes a CPU profile that names the functions which ran', async () => {
    const asked = ask('/debug/cpu?seconds=0.5');
    const endMs = performance.now() + 450;
    const timer = setInterval(function burnHere() {
      const untilMs = performance.now() + 20;
      while (performance.now() < untilMs && performance.now() < endMs);
    }, 1);
    const response = await asked;
    clearInterval(timer);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-disposition')).toContain('.cpuprofile');
    const profile = (await response.json()) as {
      nodes: { callFrame: { functionName: string } }[];
      startTime: number;
      endTime: number;
      samples: number[];
    };
    expect(profile.nodes.map(({ callFrame }) => callFrame.functionName)).toContain('burnHere');
    expect(profile.samples.length).toBeGreaterThan(0);
    // Microseconds; the profile is as long as was asked, or longer.
    expect(profile.endTime - profile.startTime).toBeGreaterThanOrEqual(450_000);
  });

  it('writes a heap snapshot', async () => {
    const response = await ask('/debug/heap');
    expect(response.status).toBe(200);
    const snapshot = (await response.json()) as { snapshot: { node_count: number }; strings: string[] };
    expect(snapshot.snapshot.node_count).toBeGreaterThan(1_000);
  });

  it('tells how late the event loop is', async () => {
    await ask('/debug/event-loop');
    await expect
      .poll(async () => ((await (await ask('/debug/event-loop')).json()) as { count: number }).count)
      .toBeGreaterThan(0);
    const delays = (await (await ask('/debug/event-loop')).json()) as Record<string, number>;
    for (const name of ['meanMs', 'p50Ms', 'p99Ms', 'maxMs']) expect(delays[name]).toBeGreaterThanOrEqual(0);
  });

  it('bounds how long and how large, and does one at a time', async () => {
    expect((await ask('/debug/cpu?seconds=3')).status).toBe(400);
    expect((await ask('/debug/cpu?seconds=x')).status).toBe(400);
    const first = ask('/debug/cpu?seconds=1');
    await expect.poll(async () => (await ask('/debug/cpu?seconds=0.01')).status).toBe(409);
    expect((await first).status).toBe(200);
    await using small = await openDebugPort({ port: 0, maxHeapBytes: 1 });
    expect((await fetch(`http://127.0.0.1:${small.port}/debug/heap`)).status).toBe(413);
  });

  it('serves this machine only, and no web page', async () => {
    expect(await statusFor({ host: 'evil.example' })).toBe(403);
    expect(await statusFor({ host: 'localhost', origin: 'http://localhost' })).toBe(403);
    expect(await statusFor({ host: 'localhost' })).toBe(200);
    expect((await ask('/debug/event-loop', { method: 'POST' })).status).toBe(405);
    expect((await ask('/other')).status).toBe(404);
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === 'IPv4' && !address.internal)?.address;
    if (outside === undefined) return;
    await expect(fetch(`http://${outside}:${server.port}/debug/event-loop`)).rejects.toThrow();
  });

  it('ends a profile that is under way when it is closed', async () => {
    const brief = await openDebugPort({ port: 0 });
    const asked = fetch(`http://127.0.0.1:${brief.port}/debug/cpu?seconds=60`).catch(() => 'cut');
    await expect
      .poll(async () => (await fetch(`http://127.0.0.1:${brief.port}/debug/cpu?seconds=0.01`)).status)
      .toBe(409);
    await brief[Symbol.asyncDispose]();
    expect(await asked).toBe('cut');
  });
});
