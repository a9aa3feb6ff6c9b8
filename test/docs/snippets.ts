// Finds the fenced code blocks of a Markdown page.

export interface Snippet {
  readonly line: number;
  readonly language: string;
  /** Words after the language: `run`, `file=examples/tools.ts`. */
  readonly marks: readonly string[];
  readonly text: string;
  /** Text of the next block, when it follows with nothing but blank lines between and names no language. */
  readonly output: string | undefined;
}

const FENCE = /^```(\S*)[ \t]*(.*)\n([\s\S]*?)^```$/gmu;

export function findSnippets(markdown: string): Snippet[] {
  const blocks = [...markdown.matchAll(FENCE)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    language: match[1] ?? '',
    marks: (match[2] ?? '').split(/\s+/u).filter((mark) => mark !== ''),
    text: match[3] ?? '',
  }));
  return blocks.map(({ start, end, ...block }, index) => {
    const next = blocks[index + 1];
    const adjacent =
      next !== undefined && next.language === '' && markdown.slice(end, next.start).trim() === '';
    const line = markdown.slice(0, start).split('\n').length;
    return { ...block, line, output: adjacent ? next.text : undefined };
  });
}
