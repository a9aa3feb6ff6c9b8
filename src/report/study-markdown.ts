// A study (search, sweep, comparison, self-test) as Markdown: the tables of the page, without its drawings.
import { escapeMarkdown, facts, markdownTable, section, statements } from './markdown-parts.ts';
import { type StudyReport, studyModel } from './study-model.ts';

/** The whole document, ending in a newline. */
export function studyMarkdown(report: StudyReport): string {
  const model = studyModel(report);
  const blocks = [
    `# ${escapeMarkdown(model.title)}: ${model.verdict.word}`,
    `**${escapeMarkdown(model.verdict.sentence)}**`,
    escapeMarkdown(model.subtitle),
    statements(model.statements),
    facts(model.figures.map(({ label, note, value }) => [label, note === '' ? value : `${value} (${note})`])),
    ...model.tables.flatMap(({ table, title }) => section('##', title, markdownTable(table))),
    ...model.notes.map(escapeMarkdown),
    ...section('##', 'Environment', facts(model.environment)),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}
