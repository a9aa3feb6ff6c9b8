// The table of docs/hostile-corpus.md, made from the classes and the scripts on disk.
import { CLASSES } from './classes.ts';
import type { HostileScript } from './corpus.ts';

/** Markdown, one row a class; how a class may end is what its scripts allow. */
export function renderTable(scripts: readonly HostileScript[]): string {
  const rows = CLASSES.map((hostileClass, i) => {
    const own = scripts.filter((script) => script.class === hostileClass);
    const endings = [...new Set(own.flatMap(({ expect }) => expect))].toSorted();
    return `| ${i + 1} | ${hostileClass.title} | ${own.length} | ${endings.join(', ')} | ${hostileClass.stoppedBy} |`;
  });
  const head = ['| # | Class | Scripts | Ends in | What stops it |', '|---|---|---|---|---|'];
  return [...head, ...rows].join('\n');
}
