import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLASSES } from './classes.ts';
import { readCorpus, readFolders } from './corpus.ts';
import { renderTable } from './table.ts';

describe('the hostile corpus', () => {
  const scripts = readCorpus();

  it('has a folder for every class, and no other', () => {
    expect(CLASSES.map(({ folder }) => folder)).toEqual(readFolders());
    expect(CLASSES).toHaveLength(44);
  });

  it('has at least 150 scripts, and several of every class', () => {
    expect(scripts.length).toBeGreaterThanOrEqual(150);
    for (const { folder } of CLASSES)
      expect(scripts.filter(({ path }) => path.startsWith(folder)).length, folder).toBeGreaterThanOrEqual(2);
  });

  it('says what every script must end in', () => {
    for (const { path, expect: endings } of scripts) expect(endings, path).not.toEqual([]);
  });

  it('has no two scripts of the same text', () => {
    const texts = scripts.map(({ source }) => source.replaceAll(/^\/\/.*\n/gmu, ''));
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('is what docs/hostile-corpus.md says', () => {
    const page = readFileSync(new URL('../../docs/hostile-corpus.md', import.meta.url), 'utf8');
    expect(page).toContain(`${scripts.length} scripts over ${CLASSES.length} classes`);
    expect(page).toContain(renderTable(scripts));
  });
});
