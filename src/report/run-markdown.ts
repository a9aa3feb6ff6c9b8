// Runs as Markdown, for a ticket or a pull request: the tables of the page, without its drawings.
import type { DescribeCheck } from './document-model.ts';
import { escapeMarkdown, facts, markdownTable, section as sectionOf, statements } from './markdown-parts.ts';
import { type RunModel, runModel } from './run-model.ts';
import { type NamedReport, runsModel } from './runs-model.ts';

/** The whole document, ending in a newline. */
export function runMarkdown(runs: readonly NamedReport[], describeCheck: DescribeCheck): string {
  const blocks = runs.length > 1 ? ['# Runs compared', ...comparison(runs, describeCheck)] : [];
  const level = runs.length > 1 ? '##' : '#';
  for (const [index, { report }] of runs.entries()) {
    const number = runs.length > 1 ? `Run ${index + 1}: ` : '';
    blocks.push(...runBlocks(runModel(report, describeCheck), level, number));
  }
  return `${blocks.join('\n\n')}\n`;
}

function comparison(runs: readonly NamedReport[], describeCheck: DescribeCheck): string[] {
  const { cautions, table } = runsModel(runs, describeCheck);
  return [markdownTable(table), cautions.map((text) => `- ${escapeMarkdown(text)}`).join('\n')];
}

function runBlocks(model: RunModel, level: string, number: string): string[] {
  const section = (title: string, content: string): string[] => sectionOf(`${level}#`, title, content);
  return [
    `${level} ${number}${escapeMarkdown(model.title)}: ${model.verdict.word}`,
    `**${escapeMarkdown(model.verdict.sentence)}**`,
    escapeMarkdown(model.subtitle),
    ...section('Thresholds', statements(model.thresholds)),
    ...section('Latency', markdownTable(model.latency)),
    escapeMarkdown(model.warmup),
    ...model.scopes.flatMap(({ table, title }) => section(title, markdownTable(table))),
    ...section('Rates', facts(model.rates)),
    ...section('Failures', model.errors.rows.length === 0 ? 'None.' : markdownTable(model.errors)),
    ...section('Tail', model.tail === undefined ? '' : escapeMarkdown(model.tail.note)),
    ...section('Validity', statements(model.checks)),
    ...section('Environment', facts(model.environment)),
  ];
}
