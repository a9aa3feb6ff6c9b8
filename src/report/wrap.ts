// Text broken into lines for a terminal.

/** Breaks at blanks so that no line is longer than `columns` where words allow it; lines after the first get `indent`. */
export function wrap(text: string, columns: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  // A number and its per cent sign stay together.
  for (const word of text.split(/ (?!%)/u)) {
    const next = line === '' ? word : `${line} ${word}`;
    if (next.length > columns && line.trim() !== '') {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = next;
  }
  return [...lines, line].join('\n');
}

/**
 * One line of text, possibly coloured, broken at blanks so that it fits into `columns`; what follows is indented two deeper than
 * the line itself. Blanks inside stay as they are.
 */
export function fitLine(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  const lead = /^ */u.exec(line)?.[0] ?? '';
  const indent = `${lead}  `;
  const lines: string[] = [];
  let current = lead;
  for (const [, blanks = '', word = ''] of line.slice(lead.length).matchAll(/( *)([^ ]+)/gu)) {
    if (current.trim() !== '' && widthOf(current) + blanks.length + widthOf(word) > columns) {
      lines.push(current);
      current = indent + word;
    } else current += current.trim() === '' ? word : blanks + word;
  }
  return [...lines, current].join('\n');
}

/** Columns that a text takes: escape sequences take none. */
function widthOf(text: string): number {
  return text.replace(/\p{Cc}\[\d+m/gu, '').length;
}
