// A plan as Markdown, for a ticket or a wiki: the sections and tables of the page, without its drawings.
import type { Plan } from '../planner/plan-types.ts';
import { escapeMarkdown, markdownTable, statements } from './markdown-parts.ts';
import { type PlanSection, planDocument } from './plan-document.ts';

/** The whole document, ending in a newline. */
export function planMarkdown(plan: Plan): string {
  const { figures, objectives, sections, subtitle, title, verdict } = planDocument(plan);
  const blocks = [
    `# ${title}: ${verdict.word}`,
    `**${escapeMarkdown(verdict.sentence)}**`,
    escapeMarkdown(subtitle),
    statements(objectives),
    figures.map(({ label, note, value }) => `- ${label}: ${escapeMarkdown(`${value} ${note}`)}`).join('\n'),
    ...sections.flatMap(sectionBlocks),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function sectionBlocks({ lines, statements: all, table, title }: PlanSection): string[] {
  return [
    `## ${escapeMarkdown(title)}`,
    ...lines.map(escapeMarkdown),
    statements(all),
    ...(table === undefined ? [] : [markdownTable(table)]),
  ];
}
