import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { FIELDS, SETTING_NAMES } from '../../src/settings/settings.ts';
import { samples } from '../telemetry/prometheus.ts';

const page = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

it('docs/settings.md has every setting, with what it is', async () => {
  const text = await page('settings.md');
  for (const name of SETTING_NAMES) {
    const row = text.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
    expect(row, `a row for ${name}`).toContain(FIELDS[name].about);
  }
  const rows = text
    .split('\n')
    .filter((line) => /^\| `[a-z.A-Z]+` \| [^|]* \| [^|]*\| [^|]* \|$/u.test(line));
  const named = rows.map((row) => row.split('`')[1]).filter((name) => name?.includes('.'));
  expect(named.filter((name) => !SETTING_NAMES.some((known) => known === name))).toEqual([]);
});

it('reads samples as Prometheus writes them', () => {
  const found = samples('# TYPE a gauge\na{x="1",y="a\\"b"} 2\na{x="2"} 3\nb 1e3\n');
  expect(found.value('a')).toBe(5);
  expect(found.value('a', { x: '2' })).toBe(3);
  expect(found.value('b')).toBe(1_000);
});
