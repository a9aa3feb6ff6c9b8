// The client in a real browser: loaded as it is, against a real broker and runtime, with the line cut under it.
import { readFileSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EnclaveClient } from '../../src/client/client.ts';
import { EnclaveBroker } from '../../src/enclave-broker.ts';
import { defineTool } from '../../src/tools/define-tool.ts';
import { findChromium, HOW_TO_INSTALL } from '../report/chromium.ts';
import { startChild, type TestChild } from '../support/child.ts';
import { type Site, startSite } from '../support/site.ts';

const executablePath = findChromium();
if (executablePath === undefined && process.env['CI'] === 'true')
  throw new Error(`no Chromium: ${HOW_TO_INSTALL}`);

/** Runs in the page: what a session says, and how it ended. */
const IN_PAGE = `async ({ code, input, options, abortAt }) => {
  const { EnclaveClient } = await import('/src/client/index.ts');
  const client = new EnclaveClient({ serverUrl: location.origin, ...options });
  const events = [];
  const stop = new AbortController();
  const onEvent = (event) => {
    events.push(event);
    if (abortAt === event.type) stop.abort();
  };
  try {
    return { events, result: await client.run({ code, input }, { onEvent, signal: stop.signal }) };
  } catch (error) {
    return { events, error: { name: error.name, code: error.code } };
  }
}`;

interface PageRun {
  readonly events: readonly { readonly seq: number; readonly type: string }[];
  readonly result?: { readonly sessionId: string; readonly final?: unknown };
  readonly error?: { readonly name: string; readonly code: string };
}

describe('the client’s modules', () => {
  it('import nothing but each other: nothing of Node, no package', () => {
    const seen = new Set<string>();
    const visit = (url: URL) => {
      if (seen.has(url.href)) return;
      seen.add(url.href);
      const text = readFileSync(url, 'utf8').replaceAll(/import type [^;]+;/gu, '');
      for (const [, specifier = ''] of text.matchAll(/(?:from|import\() ?'([^']+)'/gu)) {
        expect(specifier, `imported by ${url.pathname}`).toMatch(/^\.\.?\//u);
        visit(new URL(specifier, url));
      }
    };
    visit(new URL('../../src/client/index.ts', import.meta.url));
    expect(seen.size).toBeGreaterThan(5);
  });
});

describe.skipIf(executablePath === undefined)(
  `the client in Chromium; needs ${HOW_TO_INSTALL}`,
  {
    timeout: 60_000,
  },
  () => {
    const broker = new EnclaveBroker({
      tools: [
        defineTool({
          name: 'pass',
          description: 'Gives back what it gets',
          args: z.object({ n: z.number() }),
          effect: 'read',
          handler: ({ n }) => n,
        }),
        defineTool({
          name: 'cut',
          description: 'Cuts every line between the browser and the broker',
          args: z.object({ n: z.number() }),
          effect: 'read',
          handler: () => site.cut(),
        }),
      ],
    });
    let runtime: TestChild;
    let site: Site;
    let browser: Browser;
    let page: Page;
    let brokerUrl: string;
    beforeAll(async () => {
      brokerUrl = (await broker.listen(0)).url;
      site = await startSite(brokerUrl);
      runtime = await startChild('runtime-process.ts', [brokerUrl]);
      browser = await chromium.launch({
        ...(executablePath === undefined ? {} : { executablePath }),
        // Its own sandbox needs privileges that containers lack; the page is ours.
        args: ['--no-sandbox'],
      });
      page = await browser.newPage();
      await page.goto(site.url);
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      await runtime?.[Symbol.asyncDispose]();
      await site?.[Symbol.asyncDispose]();
      await broker.close();
    });

    const runInPage = async (run: {
      code: string;
      input?: unknown;
      options?: object;
      abortAt?: string;
    }): Promise<PageRun> => {
      const given = { input: {}, options: {}, abortAt: '', ...run };
      return (await page.evaluate(`(${IN_PAGE})(${JSON.stringify(given)})`)) as PageRun;
    };
    const numbered = (events: PageRun['events']) => events.map(({ seq }) => seq);
    const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

    it('runs a script and streams its events, the same as in Node', async () => {
      const code = 'console.log("hi"); return [await callTool("pass", { n: args.n }), "ü€😀"];';
      const { events, result } = await runInPage({ code, input: { n: 7 } });
      expect(result?.final).toMatchObject({ ok: true, result: [7, 'ü€😀'] });
      expect(numbered(events)).toEqual(upTo(6));
      const stored: unknown[] = [];
      const node = new EnclaveClient({ serverUrl: brokerUrl });
      const again = await node.follow(result?.sessionId ?? '', { onEvent: (event) => stored.push(event) });
      expect(stored).toEqual(events);
      expect(again).toEqual(result);
    });

    it('resumes after every cut of the line, without loss or repeat', async () => {
      const code =
        'for (let i = 0; i < 30; i++) { console.log(i); await callTool(i % 7 === 1 ? "cut" : "pass", { n: i }); } return "end";';
      const { events, result, error } = await runInPage({
        code,
        options: { reconnection: { initialDelay: 50, maxAttempts: 100, backoffMultiplier: 1 } },
      });
      expect(error).toBeUndefined();
      expect(result?.final).toMatchObject({ ok: true, result: 'end' });
      expect(numbered(events)).toEqual(upTo(2 + 30 * 3 + 1));
      expect(site.passed.filter((path) => path.includes('/stream')).length).toBeGreaterThan(0);
    });

    it('tells a failing script as a result, a refusal as an error with its code', async () => {
      const failed = await runInPage({ code: 'throw new TypeError("no")' });
      expect(failed.result?.final).toMatchObject({ ok: false, error: { name: 'TypeError', message: 'no' } });
      const refused = await runInPage({ code: '', options: { reconnection: { enabled: false } } });
      expect(refused.error).toMatchObject({ name: 'EnclaveError', code: 'INVALID_INPUT' });
    });

    it('cancels by its signal', async () => {
      const code = 'for (;;) await callTool("pass", { n: 1 });';
      const { events, error } = await runInPage({ code, abortAt: 'tool_call' });
      expect(error?.code).toBe('TIMED_OUT');
      expect(events.at(-1)?.type).not.toBe('final');
    });
  },
);
