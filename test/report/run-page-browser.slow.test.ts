// The page in a real browser: it asks for nothing, says nothing, and fits, from phones to desks, light and dark.
import { writeFile } from 'node:fs/promises';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeCheck } from '../../src/bench/validity.ts';
import { runPage } from '../../src/report/run-page.ts';
import { studyPage } from '../../src/report/study-page.ts';
import { buildFullReport } from '../support/full-report.ts';
import {
  buildComparison,
  buildSearchReport,
  buildSelfTestReport,
  buildSweepReport,
} from '../support/studies.ts';
import { findChromium, HOW_TO_INSTALL } from './chromium.ts';

const executablePath = findChromium();
if (executablePath === undefined && process.env['CI'] === 'true')
  throw new Error(`no Chromium: ${HOW_TO_INSTALL}`);

describe.skipIf(executablePath === undefined)(`the page in Chromium; needs ${HOW_TO_INSTALL}`, () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    // The sandbox of Chromium itself needs privileges that containers lack; the page is our own.
    browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: ['--no-sandbox'],
    });
  }, 120_000);
  afterAll(() => browser?.close());

  const one = runPage([{ name: 'run.json', report: buildFullReport() }], describeCheck);
  const longName = `${'a-very-long-folder-name/'.repeat(8)}run.json`;
  const three = runPage(
    [1, 4, 8].map((concurrency) => ({ name: longName, report: buildFullReport(concurrency) })),
    describeCheck,
  );

  const pages = {
    one,
    three,
    search: studyPage(buildSearchReport()),
    sweep: studyPage(buildSweepReport()),
    compare: studyPage(buildComparison()),
    'self-test': studyPage(buildSelfTestReport()),
  };

  it.each(
    ['light', 'dark'].flatMap((scheme) =>
      [400, 1280].map((width) => [scheme === 'dark' ? 'dark' : 'light', width] as const),
    ),
  )(
    'is quiet and fits: %s, %i px',
    async (colorScheme, width) => {
      if (browser === undefined) throw new Error('no browser');
      for (const [name, html] of Object.entries(pages)) {
        const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
        const seen: string[] = [];
        page.on('console', (message) => seen.push(message.text()));
        page.on('pageerror', (error) => seen.push(error.message));
        page.on('request', (request) => seen.push(request.url()));
        await page.setContent(html, { waitUntil: 'load' });
        await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })");
        const sizes: unknown = await page.evaluate(
          '[document.documentElement.scrollWidth, window.innerWidth]',
        );
        expect(seen.filter((text) => !text.startsWith('data:'))).toEqual([]);
        expect(sizes).toEqual([width, width]);
        const background: unknown = await page.evaluate('getComputedStyle(document.body).backgroundColor');
        expect(background).toBe(colorScheme === 'dark' ? 'rgb(15, 20, 26)' : 'rgb(246, 247, 249)');
        const shown: unknown = await page.evaluate(
          "[...document.querySelectorAll('figure')].every((each) => [...each.querySelectorAll('svg[role=img]')].filter((svg) => svg.getBoundingClientRect().width > 0).length === 1)",
        );
        expect(shown).toBe(true);
        if (process.env['REPORT_SHOTS'] !== undefined)
          await writeFile(
            `${process.env['REPORT_SHOTS']}/${name}-${width}-${colorScheme}.png`,
            await page.screenshot({ fullPage: true }),
          );
        await page.close();
      }
    },
    120_000,
  );
});
