// The log of a broker under work: what is in it, and what must never be.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ManualClock, realClock } from '../../src/clock.ts';
import { EnclaveBroker, type Listening } from '../../src/enclave-broker.ts';
import { EnclaveRuntime } from '../../src/enclave-runtime.ts';
import { createLinkPair } from '../../src/protocol/link.ts';
import { createLog, logBrokerEvents } from '../../src/telemetry/log.ts';
import { defineTool, type Tool } from '../../src/tools/define-tool.ts';

const PLANTED = {
  key: 'ek_planted-key-0123456789',
  token: 'rt_planted-token-0123456789',
  secret: 'planted-secret-of-a-tool',
  source: 'planted_source_text',
  argument: 'planted-argument',
  result: 'planted-result',
  console: 'planted-console-line',
  error: 'planted-error-message',
};

const tools = [
  defineTool({
    name: 'pay',
    description: 'Uses a secret',
    args: z.object({ note: z.string() }),
    effect: 'read',
    secrets: ['PAY_KEY'],
    handler: (_args, { secrets }) => {
      throw new Error(`declined for ${String(Object.values(secrets)[0])}`);
    },
  }),
] as readonly unknown[] as readonly Tool[];

describe('the log of a broker at its lowest level', () => {
  const lines: string[] = [];
  const log = createLog({ level: 'trace', write: (line) => lines.push(line), base: { part: 'broker' } });
  const broker = new EnclaveBroker({
    tools,
    secrets: () => PLANTED.secret,
    auth: { apiKeys: `${PLANTED.key} acme`, runtimeToken: PLANTED.token },
    observe: logBrokerEvents(log, realClock),
  });
  const runtime = new EnclaveRuntime({ workerPool: { size: 1 } });
  let at: Listening;
  beforeAll(async () => {
    at = await broker.listen(0);
    const { broker: brokerEnd, runtime: runtimeEnd } = createLinkPair();
    broker.acceptRuntime(brokerEnd);
    await runtime.attach(runtimeEnd);
  });
  afterAll(async () => {
    await runtime[Symbol.asyncDispose]();
    await broker.close();
  });

  it('tells of runtimes, sessions and tool calls as JSON, and of nothing that they carry', async () => {
    const headers = { authorization: `Bearer ${PLANTED.key}`, 'content-type': 'application/json' };
    for (const accept of ['application/json', 'text/event-stream']) {
      const response = await fetch(`${at.url}/sessions?wait=20000`, {
        method: 'POST',
        headers: { ...headers, accept },
        body: JSON.stringify({
          code: `const ${PLANTED.source} = 1; console.log(${JSON.stringify(PLANTED.console)});
            await callTool('pay', { note: args.a }).catch(() => {});
            if (args.fail) throw new Error(${JSON.stringify(PLANTED.error)}); return ${JSON.stringify(PLANTED.result)};`,
          input: { a: PLANTED.argument, fail: accept !== 'application/json' },
        }),
      });
      await response.text();
    }
    await fetch(`${at.url}/sessions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ code: PLANTED.source, [PLANTED.argument]: 1 }),
    });
    const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries.find(({ msg }) => msg === 'runtime joined')).toMatchObject({
      level: 'info',
      part: 'broker',
    });
    const ended = entries.filter(({ msg }) => msg === 'ended');
    expect(ended.map(({ outcome }) => outcome)).toEqual(['ok', 'SCRIPT_ERROR']);
    expect(entries.find(({ msg }) => msg === 'tool_called')).toMatchObject({
      tool: 'pay',
      isOk: false,
      level: 'debug',
    });
    expect(entries.find(({ msg, status }) => msg === 'responded' && status === 400)).toBeDefined();
    for (const [what, text] of Object.entries(PLANTED))
      expect(lines.join(''), `the log holds the planted ${what}`).not.toContain(text);
  });
});

describe('createLog()', () => {
  const entriesAt = (level: 'warn' | 'silent') => {
    const lines: string[] = [];
    const log = createLog({ level, write: (line) => lines.push(line), secrets: ['hunter2-hunter2'] });
    return { log, lines };
  };

  it('leaves out what is below its level', () => {
    const { log, lines } = entriesAt('warn');
    log.info('quiet');
    log.warn('loud');
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['loud']);
    const { log: silent, lines: none } = entriesAt('silent');
    silent.fatal('nothing');
    expect(none).toEqual([]);
  });

  it('cuts known secrets and values of secret keys out of whatever is logged', () => {
    const { log, lines } = entriesAt('warn');
    log.warn(
      { reason: 'redis://u:hunter2-hunter2@host refused', headers: { authorization: 'Bearer planted' } },
      'failed with hunter2-hunter2',
    );
    log.error({ token: 'planted', a: { b: { password: 'planted' } } }, 'x');
    expect(lines.join('')).not.toMatch(/hunter2|planted/u);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ reason: 'redis://u:[secret]@host refused' });
  });

  it('says the same failure once a second, with how often it came', async () => {
    const lines: string[] = [];
    const clock = new ManualClock();
    const log = createLog({ level: 'warn', write: (line) => lines.push(line) });
    const observe = logBrokerEvents(log, clock);
    const refuse = () => observe({ type: 'refused', tenant: 'acme', reason: 'OVERLOADED' });
    for (let i = 0; i < 5; i++) refuse();
    await clock.advance(1_000);
    refuse();
    expect(lines.map((line) => (JSON.parse(line) as { times: number }).times)).toEqual([1, 5]);
  });
});
