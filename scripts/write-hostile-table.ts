// Puts the table of hostile classes into its page, after scripts were added.
import { readFileSync, writeFileSync } from 'node:fs';
import { readCorpus } from '../test/hostile/corpus.ts';
import { renderTable } from '../test/hostile/table.ts';

const page = new URL('../docs/hostile-corpus.md', import.meta.url);
const scripts = readCorpus();
const text = readFileSync(page, 'utf8')
  .replace(/^\d+ scripts over/mu, `${scripts.length} scripts over`)
  .replace(/^\| # \|[\s\S]*?\n\n/mu, `${renderTable(scripts)}\n\n`);
writeFileSync(page, text);
