// The figures of a broker and of a runtime, scraped over HTTP as Prometheus does it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { realClock } from '../../src/clock.ts';
import { EnclaveBroker, type Listening } from '../../src/enclave-broker.ts';
import { EnclaveRuntime } from '../../src/enclave-runtime.ts';
import { LostRuntimes } from '../../src/telemetry/lost-runtimes.ts';
import { MetricsRegistry } from '../../src/telemetry/registry.ts';
import { runtimeMetrics } from '../../src/telemetry/runtime-metrics.ts';
import { openStatusServer, type StatusServer } from '../../src/telemetry/status-server.ts';
import { defineTool, type Tool } from '../../src/tools/define-tool.ts';
import { emittedNames } from '../deploy/emitted-names.ts';
import { hasPromtool, lintPrometheus, samples } from './prometheus.ts';

const tools = [
  defineTool({
    name: 'double',
    description: 'Twice a number',
    args: z.object({ n: z.number() }),
    effect: 'read',
    handler: ({ n }) => n * 2,
  }),
  defineTool({
    name: 'fail',
    description: 'Always fails',
    args: z.object({}),
    effect: 'read',
    handler: () => {
      throw new Error('no');
    },
  }),
] as readonly unknown[] as readonly Tool[];

describe('GET /metrics', () => {
  const broker = new EnclaveBroker({ tools, maxConcurrentSessions: 3 });
  const runtime = new EnclaveRuntime({ workerPool: { size: 1 }, slots: 4, labels: { tier: 'a' } });
  let at: Listening;
  let status: StatusServer;
  beforeAll(async () => {
    at = await broker.listen(0);
    const registry = new MetricsRegistry();
    registry.add(runtimeMetrics(() => runtime.now));
    status = await openStatusServer({
      host: '127.0.0.1',
      port: 0,
      expose: () => registry.expose(),
      missing: async () => runtime.missing,
    });
    const { createLinkPair } = await import('../../src/protocol/link.ts');
    const { broker: brokerEnd, runtime: runtimeEnd } = createLinkPair();
    broker.acceptRuntime(brokerEnd);
    await runtime.attach(runtimeEnd);
  });
  afterAll(async () => {
    await status[Symbol.asyncDispose]();
    await runtime[Symbol.asyncDispose]();
    await broker.close();
  });

  const run = async (code: string, more: object = {}) => {
    const response = await fetch(`${at.url}/sessions?wait=20000`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ code, ...more }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const scrape = async (url = `${at.url}/metrics`) => {
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/u);
    return await response.text();
  };

  it('counts what sessions, tools, admission and the store did', async () => {
    const before = samples(await scrape());
    const grew = async (name: string, labels: Record<string, string> = {}) =>
      samples(await scrape()).value(name, labels) - before.value(name, labels);
    await run('return await callTool("double", { n: 2 })');
    await run('try { await callTool("fail", {}) } catch {} throw new Error("x")');
    await run('return (await callTool("nobody", {}).catch(() => 7))', { priority: 'high' });
    expect((await run('return 1', { labels: { gpu: 'yes' } })).status).toBe(200);
    expect(await grew('enclave_executions_total', { outcome: 'ok' })).toBe(3);
    expect(await grew('enclave_executions_total', { outcome: 'SCRIPT_ERROR' })).toBe(1);
    expect(await grew('enclave_executions_per_second')).toBe(4);
    expect(await grew('enclave_execution_latency_seconds_count')).toBe(4);
    expect(await grew('enclave_execution_latency_seconds_bucket', { le: '+Inf' })).toBe(4);
    expect(await grew('enclave_sessions_submitted_total', { priority: 'high' })).toBe(1);
    expect(await grew('enclave_queue_wait_seconds_count')).toBe(4);
    expect(await grew('enclave_tool_calls_total', { tool: 'double', outcome: 'ok' })).toBe(1);
    expect(await grew('enclave_tool_calls_total', { tool: 'fail', outcome: 'error' })).toBe(1);
    // The script chose that name: it may not make a series.
    expect(await grew('enclave_tool_calls_total', { tool: 'other', outcome: 'error' })).toBe(1);
    expect(await grew('enclave_store_operation_duration_seconds_count', { operation: 'finish' })).toBe(4);
  });

  it('counts streams, their bytes and refusals by their code', async () => {
    const before = samples(await scrape());
    const response = await fetch(`${at.url}/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ code: 'console.log("x"); return 1' }),
    });
    const text = await response.text();
    const priming = text.indexOf('\n\n') + 2;
    await run('');
    const after = samples(await scrape());
    const grew = (name: string, labels: Record<string, string> = {}) =>
      after.value(name, labels) - before.value(name, labels);
    expect(grew('enclave_streams_opened_total')).toBe(1);
    expect(grew('enclave_stream_bytes_total')).toBe(Buffer.byteLength(text.slice(priming)));
    expect(grew('enclave_http_request_duration_seconds_count', { route: '/sessions', status: '400' })).toBe(
      1,
    );
  });

  it('tells what is there now: slots, runtimes, queues', async () => {
    const found = samples(await scrape());
    expect(found.value('enclave_runtimes')).toBe(1);
    expect(found.value('enclave_runtime_slots', { state: 'free' })).toBe(4);
    expect(found.value('enclave_sessions_running')).toBe(0);
    expect(found.value('enclave_queue_depth', { runtime: 'any', priority: 'high' })).toBe(0);
    expect(found.all('enclave_runtime_health').map(({ value }) => value)).toEqual([1]);
    expect(found.value('enclave_draining')).toBe(0);
    expect(found.value('process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  it('shows a runtime on a port of its own', async () => {
    const url = `http://127.0.0.1:${status.port}`;
    const found = samples(await scrape(`${url}/metrics`));
    expect(found.value('enclave_active_executions')).toBe(0);
    expect(found.value('enclave_slots')).toBe(4);
    expect(found.value('enclave_broker_connected')).toBe(1);
    expect(found.value('enclave_worker_memory_bytes', { worker_id: '0' })).toBeGreaterThan(1e6);
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await fetch(`${url}/other`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
  });

  it.runIf(hasPromtool)(
    'keeps to the conventions of Prometheus, but for the name that the guide gave',
    async () => {
      const findings = [
        ...(await lintPrometheus(await scrape())),
        ...(await lintPrometheus(await scrape(`http://127.0.0.1:${status.port}/metrics`))),
      ].filter((line) => !/nodejs_|process_/u.test(line));
      expect(findings).toEqual(['enclave_executions_per_second counter metrics should have "_total" suffix']);
    },
  );

  it('has every series that the rules and manifests of a plan ask for', async () => {
    const shown = `${await scrape()}${await scrape(`http://127.0.0.1:${status.port}/metrics`)}`;
    const there = new Set([...shown.matchAll(/^# TYPE (\w+) (\w+)$/gmu)].map(([, name]) => name));
    const asked = emittedNames();
    expect(asked.length).toBeGreaterThanOrEqual(5);
    expect(asked.filter((name) => !there.has(name))).toEqual([]);
  });

  it('has no label that grows with tenants or sessions', async () => {
    const text = await scrape();
    expect(text).not.toMatch(/s_[0-9a-f]{8}-/u);
    expect(text).not.toMatch(/tenant|session_id/u);
  });
});

describe('lost runtimes', () => {
  it('are told for ten minutes, unless they are back anywhere', async () => {
    let nowMs = 0;
    const lost = new LostRuntimes(() => nowMs);
    const fleet = async () => [
      { brokerId: 'b2', runtimes: [{ runtimeId: 'moved', labels: {}, slots: 1, busy: 0 }] },
    ];
    lost.left('gone');
    lost.left('moved');
    lost.left('back');
    lost.joined('back');
    expect(await lost.ids(fleet)).toEqual(['gone']);
    nowMs = 600_000;
    expect(await lost.ids(fleet)).toEqual(['gone']);
    nowMs++;
    expect(await lost.ids(fleet)).toEqual([]);
  });

  it('are a bounded number', async () => {
    const lost = new LostRuntimes(() => realClock.wallMs());
    for (let i = 0; i < 1_000; i++) lost.left(`r${i}`);
    expect(await lost.ids(async () => [])).toHaveLength(256);
  });
});
