// Spans of a broker and a runtime in one process, exported by a real SDK as a host would bring it.
import { context, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EnclaveBroker, type Listening } from '../../src/enclave-broker.ts';
import { EnclaveRuntime } from '../../src/enclave-runtime.ts';
import { createLinkPair } from '../../src/protocol/link.ts';
import { formatTraceparent, parseTraceparent } from '../../src/telemetry/traceparent.ts';
import { BrokerTracing } from '../../src/telemetry/tracing.ts';
import { defineTool, type Tool } from '../../src/tools/define-tool.ts';

// The example of the W3C Trace Context specification, section 3.2.
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

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
      throw new Error('planted-message');
    },
  }),
] as readonly unknown[] as readonly Tool[];

describe('traces', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const broker = new EnclaveBroker({ tools, sampleRate: 0 });
  const runtime = new EnclaveRuntime({ workerPool: { size: 1 } });
  let at: Listening;
  beforeAll(async () => {
    trace.setGlobalTracerProvider(provider);
    at = await broker.listen(0);
    const { broker: brokerEnd, runtime: runtimeEnd } = createLinkPair();
    broker.acceptRuntime(brokerEnd);
    await runtime.attach(runtimeEnd);
  });
  afterAll(async () => {
    await runtime[Symbol.asyncDispose]();
    await broker.close();
    await provider.shutdown();
    trace.disable();
    context.disable();
  });
  beforeEach(() => exporter.reset());

  const run = async (code: string, traceparent?: string) => {
    const response = await fetch(`${at.url}/sessions?wait=20000`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(traceparent === undefined ? {} : { traceparent }),
      },
      body: JSON.stringify({ code }),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  const spans = () => exporter.getFinishedSpans();
  const named = (name: string): ReadableSpan => {
    const found = spans().filter((span) => span.name === name);
    expect(found, `spans named ${name}`).toHaveLength(1);
    const [span] = found;
    if (span === undefined) throw new Error(`no span ${name}`);
    return span;
  };
  const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId;
  const idOf = (span: ReadableSpan) => span.spanContext().spanId;

  it('carry the trace of the caller from the request to the runtime', async () => {
    const { sessionId } = await run('return await callTool("double", { n: 2 })', `00-${TRACE}-${CALLER}-01`);
    await expect.poll(() => spans().length).toBe(5);
    for (const span of spans()) expect(span.spanContext().traceId).toBe(TRACE);
    const submit = named('enclave.submit');
    expect(parentOf(submit)).toBe(CALLER);
    expect(submit.attributes['enclave.session.id']).toBe(sessionId);
    expect(parentOf(named('enclave.dispatch'))).toBe(idOf(submit));
    const session = named('enclave.session');
    expect(parentOf(session)).toBe(idOf(submit));
    expect(session.attributes).toMatchObject({ 'enclave.outcome': 'ok', 'enclave.attempt': 1 });
    const call = named('enclave.tool_call');
    expect(parentOf(call)).toBe(idOf(session));
    expect(call.attributes).toEqual({ 'enclave.tool.name': 'double', 'enclave.tool.call_id': 1 });
    // The runtime knows only what the frame told it.
    expect(parentOf(named('enclave.run'))).toBe(idOf(session));
  });

  it('say how it failed by code, and nothing that a script or a tool said', async () => {
    await run('await callTool("fail", {})', `00-${TRACE}-${CALLER}-01`);
    await expect.poll(() => spans().length).toBe(5);
    expect(named('enclave.tool_call').status).toMatchObject({ code: 2 });
    expect(named('enclave.session').status).toEqual({ code: 2, message: 'TOOL_ERROR' });
    expect(named('enclave.run').status).toEqual({ code: 2, message: 'TOOL_ERROR' });
    expect(
      JSON.stringify(spans().map(({ status, events, attributes }) => [status, events, attributes])),
    ).not.toContain('planted');
  });

  it.each([
    ['a caller that is not sampled', `00-${TRACE}-${CALLER}-00`],
    ['no caller, at a rate of 0', undefined],
    ['what is no trace context', 'not-a-trace'],
  ])('are not made for %s', async (_name, traceparent) => {
    expect(await run('return await callTool("double", { n: 1 })', traceparent)).toMatchObject({ result: 2 });
    expect(spans()).toEqual([]);
  });

  it('are made for the share of sessions that is asked for', async () => {
    let draw = 0;
    const tracing = new BrokerTracing({ sampleRate: 0.25, random: () => draw, wallMs: () => 0 });
    for (let i = 0; i < 100; i++) {
      draw = i / 100;
      await tracing.submit(undefined, async () => ({ sessionId: `s${i}` }));
    }
    expect(spans()).toHaveLength(25);
  });
});

describe('parseTraceparent()', () => {
  it('reads what formatTraceparent() writes', () => {
    const text = `00-${TRACE}-${CALLER}-01`;
    const parsed = parseTraceparent(text);
    expect(parsed).toMatchObject({ traceId: TRACE, spanId: CALLER, traceFlags: 1 });
    if (parsed === undefined) throw new Error('expected a context');
    expect(formatTraceparent(parsed)).toBe(text);
  });

  // Section 3.2.2 of the specification: these are invalid.
  it.each([
    '',
    `ff-${TRACE}-${CALLER}-01`,
    `00-${'0'.repeat(32)}-${CALLER}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${CALLER}-01`,
    `00-${TRACE}-${CALLER}-1`,
  ])('takes %j for none', (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });
});
