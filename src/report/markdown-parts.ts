// The parts of a Markdown document. Text that others chose is escaped here.
import type { Fact, Statement, TableModel } from './document-model.ts';

export function statements(all: readonly Statement[]): string {
  return all.map(({ sign, text }) => `- ${sign} ${escapeMarkdown(text)}`).join('\n');
}

export function facts(rows: readonly Fact[]): string {
  return rows.map(([name, value]) => `- ${escapeMarkdown(name)}: ${escapeMarkdown(value)}`).join('\n');
}

export function markdownTable({ columns, rows }: TableModel): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ title }) => escapeMarkdown(title))),
    line(columns.map(({ isNumber }) => (isNumber === true ? '---:' : '---'))),
    ...rows.map((row) => line(row.map(escapeMarkdown))),
  ].join('\n');
}

/** A heading of `level` signs with its content; nothing when there is none. */
export function section(level: string, title: string, content: string): string[] {
  return content === '' ? [] : [`${level} ${title}`, content];
}

/** What would be markup, or end a cell, in text that others chose. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_|<>[\]]/gu, '\\$&').replaceAll(/\s+/gu, ' ');
}
