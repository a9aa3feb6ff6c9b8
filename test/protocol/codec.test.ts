import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnclaveError } from '../../src/errors.ts';
import type { ExecutionStats } from '../../src/execution.ts';
import {
  decodeBrokerFrame,
  decodeRuntimeFrame,
  encodeFrame,
  MAX_FRAME_BYTES,
  MAX_FRAME_MESSAGES,
} from '../../src/protocol/codec.ts';
import type { BrokerMessage, RuntimeMessage, WireOutcome } from '../../src/protocol/messages.ts';

const id = fc.string({ minLength: 1, maxLength: 128 });
const fence = fc.tuple(fc.nat(), fc.nat()).map(([ep, n]) => `${ep}-${n}`);
const assignment = fc.record({ id, fence });
const callId = fc.integer({ min: 1, max: 2 ** 31 - 1 });
// -0 is not JSON: it comes back as 0, so it is no part of what must survive.
const json = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('-0') && !hasMinusZero(value));
const amount = fc.double({ min: 0, max: 1e12, noNaN: true, noDefaultInfinity: true }).map((n) => n + 0);
const labels = fc.dictionary(
  fc.constantFrom('region', 'tier', 'gpu.type'),
  fc.constantFrom('eu', 'us-east', '1'),
);

const stats: fc.Arbitrary<ExecutionStats> = fc.record({
  durationMs: amount,
  queueMs: amount,
  cpuMs: amount,
  toolMs: amount,
  toolCallCount: fc.nat(),
  consoleBytes: fc.nat(),
  logsTruncated: fc.boolean(),
  resultBytes: fc.nat(),
  isolation: fc.constantFrom('isolate', 'context'),
});
const outcome: fc.Arbitrary<WireOutcome> = fc.oneof(
  fc.record({
    success: fc.constant(true as const),
    valueJson: json.map((value) => JSON.stringify(value)),
    stats,
  }),
  fc.record({
    success: fc.constant(false as const),
    error: fc.record({
      code: fc.constantFrom('SCRIPT_ERROR', 'WALL_TIMEOUT', 'CANCELLED'),
      name: fc.string(),
      message: fc.string(),
      line: fc.nat(),
      column: fc.nat(),
    }),
    stats,
  }),
);
const of = <T extends string>(type: T) => fc.record({ type: fc.constant(type) });
const merge = <A, B>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>) =>
  fc.tuple(a, b).map(([left, right]) => ({ ...left, ...right }));

const runtimeMessage: fc.Arbitrary<RuntimeMessage> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    protocolVersion: fc.constant(2),
    runtimeId: id,
    labels,
    slots: fc.integer({ min: 1, max: 4_096 }),
  }),
  fc.record({ type: fc.constant('attach' as const), sessions: fc.array(assignment) }),
  fc.record({
    type: fc.constant('heartbeat' as const),
    busy: fc.integer({ min: 0, max: 4_096 }),
    rssBytes: amount,
  }),
  of('draining'),
  merge(of('refuse'), assignment),
  merge(
    merge(of('tool_call'), assignment),
    fc.record({ callId, name: fc.string({ maxLength: 200 }), args: json }),
  ),
  merge(
    merge(of('emit'), assignment),
    fc.record({ n: callId, level: fc.constantFrom('log', 'warn'), text: fc.string() }),
  ),
  merge(merge(of('done'), assignment), fc.record({ outcome })),
);
const brokerMessage: fc.Arbitrary<BrokerMessage> = fc.oneof(
  fc.record({
    type: fc.constant('welcome' as const),
    protocolVersion: fc.constant(2),
    brokerId: id,
    heartbeatMs: fc.integer({ min: 1, max: 60_000 }),
  }),
  merge(
    merge(of('start'), assignment),
    fc.record({
      source: fc.string(),
      args: json,
      language: fc.constantFrom('js', 'ts'),
      filename: id,
      tenant: id,
      limits: fc.record({ wallMs: fc.nat() }),
    }),
  ),
  merge(
    merge(of('tool_result'), assignment),
    fc.oneof(
      fc.record({ callId, ok: fc.constant(true as const), result: json }),
      fc.record({ callId, ok: fc.constant(false as const), code: id, message: fc.string() }),
    ),
  ),
  merge(merge(of('cancel'), assignment), fc.record({ reason: fc.constantFrom('cancelled', 'stale') })),
  merge(of('attached'), assignment),
  merge(of('done_ack'), assignment),
  of('draining'),
);

describe('the codec', () => {
  it('gives back what a runtime said', () => {
    fc.assert(
      fc.property(fc.array(runtimeMessage, { maxLength: 8 }), (messages) => {
        expect(decodeRuntimeFrame(encodeFrame(messages))).toEqual(messages);
      }),
    );
  });

  it('gives back what a broker said', () => {
    fc.assert(
      fc.property(fc.array(brokerMessage, { maxLength: 8 }), (messages) => {
        expect(decodeBrokerFrame(encodeFrame(messages))).toEqual(messages);
      }),
    );
  });

  it('throws nothing but BAD_FRAME for any text', () => {
    fc.assert(fc.property(fc.string(), onlyBadFrame), { numRuns: 300 });
    fc.assert(fc.property(fc.json(), onlyBadFrame), { numRuns: 300 });
  });

  it('throws nothing but BAD_FRAME for a message with one field bent', () => {
    const bent = fc
      .tuple(runtimeMessage, fc.nat(), fc.oneof(fc.jsonValue(), fc.constant('__proto__')))
      .map(([message, at, value]) => {
        const entries = Object.entries(message);
        const [name] = entries[at % entries.length] ?? ['type'];
        return JSON.stringify([{ ...message, [name]: value }]);
      });
    fc.assert(fc.property(bent, onlyBadFrame), { numRuns: 500 });
  });

  it('refuses a frame that is too large, or has too many messages', () => {
    const large = JSON.stringify([{ type: 'draining', pad: 'x'.repeat(MAX_FRAME_BYTES) }]);
    expect(() => decodeRuntimeFrame(large)).toThrow(/BAD_FRAME.*at most/u);
    const many = JSON.stringify(Array.from({ length: MAX_FRAME_MESSAGES + 1 }, () => ({ type: 'draining' })));
    expect(() => decodeRuntimeFrame(many)).toThrow(/BAD_FRAME.*list/u);
  });

  it('does not carry fields that are not in the agreement', () => {
    const [message] = decodeRuntimeFrame('[{"type":"draining","admin":true,"__proto__":{"admin":true}}]');
    expect(message).toEqual({ type: 'draining' });
  });
});

function onlyBadFrame(text: string): void {
  for (const decode of [decodeRuntimeFrame, decodeBrokerFrame]) {
    try {
      decode(text);
    } catch (error) {
      expect(error).toBeInstanceOf(EnclaveError);
      expect(error).toMatchObject({ code: 'BAD_FRAME' });
    }
  }
}

function hasMinusZero(value: unknown): boolean {
  if (Object.is(value, -0)) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasMinusZero);
}
