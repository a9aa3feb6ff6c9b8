import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/planner/plan-types.ts';
import { planDocument } from '../../src/report/plan-document.ts';
import { planMarkdown } from '../../src/report/plan-markdown.ts';
import { planPage } from '../../src/report/plan-page.ts';
import { corpus } from '../planner/plan-corpus.ts';

const [whole] = corpus.map(([, make]) => make());
if (whole === undefined) throw new Error('the corpus is empty');

/** Every text of a plan replaced by one that would be markup. */
const HOSTILE = '</script><img src=x onerror=alert(1)> | `x` $&';
function poisoned(plan: Plan): Plan {
  const [first, ...others] = plan.types;
  if (first === undefined) throw new Error('a plan has types');
  return {
    ...plan,
    verdict: { ...plan.verdict, type: HOSTILE },
    types: [{ ...first, type: HOSTILE }, ...others],
    workload: { ...plan.workload, name: HOSTILE },
    ladder: plan.ladder.map((step) => ({ ...step, inputs: HOSTILE })),
    warnings: [{ id: 'X', severity: 'error', evidence: HOSTILE, fix: HOSTILE }],
  };
}

describe('planPage()', () => {
  it.each(corpus)(
    'is one file without a request, a script that runs, or an unknown number: %s',
    (_name, make) => {
      const html = planPage(make());
      expect(html).toContain("default-src 'none'");
      expect(html).not.toMatch(/(?:src|href)="(?!data:,)/);
      expect(html.match(/<script/g)).toEqual(['<script']);
      expect(html.replace(/<script.*<\/script>/s, '')).not.toMatch(/undefined|NaN|Infinity|\[object/);
      expect(Buffer.byteLength(html)).toBeLessThan(1_000_000);
    },
  );

  it('has every section of the document, in its order, and embeds the plan', () => {
    const html = planPage(whole);
    const titles = [...html.matchAll(/<h2>([^<]*)<\/h2>/g)].map((match) => match[1]);
    expect(titles).toEqual(planDocument(whole).sections.map(({ title }) => title));
    const data = /<script type="application\/json" id="data">(.*)<\/script>/s.exec(html)?.[1] ?? '';
    expect(JSON.parse(data)).toEqual(JSON.parse(JSON.stringify(whole)));
  });

  it('frames the cell of the plan itself, and colours the dearest most', () => {
    const html = planPage(whole);
    expect(html.match(/<td class="heat own"/g)).toHaveLength(1);
    expect(html).toMatch(/--h:0%/);
    expect(html).toMatch(/--h:48%/);
  });

  it('shows hostile names as text', () => {
    const html = planPage(poisoned(whole));
    expect(html).not.toContain('<img');
    expect(html.match(/<script/g)).toEqual(['<script']);
  });

  it('marks each step of the derivation with its origin', () => {
    const html = planPage(whole);
    for (const origin of new Set(whole.ladder.map(({ provenance }) => provenance)))
      expect(html).toContain(`<span class="origin ${origin}">${origin}</span>`);
  });
});

describe('planMarkdown()', () => {
  it.each(corpus)('has the sections of the page, with tables of even rows: %s', (_name, make) => {
    const plan = make();
    const text = planMarkdown(plan);
    const titles = [...text.matchAll(/^## (.*)$/gm)].map((match) => match[1]);
    expect(titles).toEqual(planDocument(plan).sections.map(({ title }) => title));
    for (const table of text.match(/(?:^\|.*\n)+/gm) ?? []) {
      const widths = table
        .trimEnd()
        .split('\n')
        .map((row) => row.replaceAll('\\|', '').split('|').length);
      expect(new Set(widths).size).toBe(1);
    }
  });

  it('escapes what would break a table or be markup', () => {
    const rows = planMarkdown(poisoned(whole))
      .split('\n')
      .filter((row) => row.startsWith('|'));
    for (const row of rows) expect(row).not.toMatch(/(?<!\\)<|[^\\]`/);
  });
});
