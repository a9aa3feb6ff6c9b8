// The page of a plan in a real browser: it asks for nothing, says nothing, and fits, from phones to desks, light and dark.
import { writeFile } from 'node:fs/promises';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planPage } from '../../src/report/plan-page.ts';
import { corpus } from '../planner/plan-corpus.ts';
import { findChromium, HOW_TO_INSTALL } from './chromium.ts';

const executablePath = findChromium();
if (executablePath === undefined && process.env['CI'] === 'true')
  throw new Error(`no Chromium: ${HOW_TO_INSTALL}`);

describe.skipIf(executablePath === undefined)(
  `the page of a plan in Chromium; needs ${HOW_TO_INSTALL}`,
  () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      // The sandbox of Chromium itself needs privileges that containers lack; the page is our own.
      browser = await chromium.launch({
        ...(executablePath === undefined ? {} : { executablePath }),
        args: ['--no-sandbox'],
      });
    }, 120_000);
    afterAll(() => browser?.close());

    const pages = corpus.slice(0, 3).map(([name, make]) => [name, planPage(make())] as const);
    const views = (['light', 'dark'] as const).flatMap((scheme) =>
      [400, 1280].map((width) => [scheme, width] as const),
    );

    it.each(views)(
      'is quiet and fits: %s, %i px',
      async (colorScheme, width) => {
        if (browser === undefined) throw new Error('no browser');
        for (const [name, html] of pages) {
          const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
          const seen: string[] = [];
          page.on('console', (message) => seen.push(message.text()));
          page.on('pageerror', (error) => seen.push(error.message));
          page.on('request', (request) => seen.push(request.url()));
          await page.setContent(html, { waitUntil: 'load' });
          await page.evaluate(
            "document.querySelectorAll('details').forEach((each) => { each.open = true; })",
          );
          expect(seen, name).toEqual([]);
          expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(
            width,
          );
          const outside = await page.evaluate(
            `[...document.querySelectorAll('svg.wide, svg.narrow')].filter((svg) => svg.getBoundingClientRect().width > 0)
            .flatMap((svg) => { const box = svg.getBoundingClientRect();
              return [...svg.querySelectorAll('text')].filter((text) => { const b = text.getBoundingClientRect();
                return b.left < box.left - 1 || b.right > box.right + 1; }).map((text) => text.textContent); })`,
          );
          expect(outside, `${name}: texts that leave their chart`).toEqual([]);
          if (process.env['REPORT_SHOTS'] !== undefined)
            await writeFile(
              `${process.env['REPORT_SHOTS']}/plan-${name.replaceAll(/\W+/g, '-')}-${width}-${colorScheme}.png`,
              await page.screenshot({ fullPage: true }),
            );
          await page.close();
        }
      },
      120_000,
    );
  },
);
