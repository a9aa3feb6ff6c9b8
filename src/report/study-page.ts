// A study (search, sweep, comparison, self-test) as one self-contained HTML page.
import { htmlPage } from './charts/page.ts';
import { escapeMarkup } from './charts/svg.ts';
import { facts, headerMarkup, pair, section, tableMarkup } from './page-parts.ts';
import { type StudyReport, studyModel } from './study-model.ts';

/** The whole document; its data block holds the report. */
export function studyPage(report: StudyReport): string {
  const model = studyModel(report);
  const notes = model.notes.map((text) => `<p class="note">${escapeMarkup(text)}</p>`).join('');
  const body = [
    headerMarkup(model),
    pair(...model.charts),
    ...model.tables.map(({ table, title }, index) =>
      section(title, `${tableMarkup(table)}${index === model.tables.length - 1 ? notes : ''}`),
    ),
    section('Environment', facts(model.environment)),
  ].join('\n');
  return htmlPage({ title: `enclave bench: ${model.title}`, body, data: report });
}
