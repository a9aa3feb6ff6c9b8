// The parts of a page as markup: heading, sections, tables, lists. All text is escaped here.
import { escapeMarkup } from './charts/svg.ts';
import type { Fact, Figure, Statement, TableModel, Verdict } from './document-model.ts';

export interface Heading {
  readonly title: string;
  readonly purpose: string;
  readonly subtitle: string;
  readonly verdict: Verdict;
  readonly statements: readonly Statement[];
  readonly figures: readonly Figure[];
}

/** Title, verdict and the figures that matter most. */
export function headerMarkup({
  figures,
  purpose,
  statements: all,
  subtitle,
  title,
  verdict,
}: Heading): string {
  const shown = figures.map(
    ({ label, note, value }) =>
      `<div><dt>${escapeMarkup(label)}</dt><dd>${escapeMarkup(value)}<small>${escapeMarkup(note)}</small></dd></div>`,
  );
  const purposeMarkup = purpose === '' ? '' : `<p>${escapeMarkup(purpose)}</p>`;
  return `<header class="run"><h1>${escapeMarkup(title)}</h1><p class="soft">${escapeMarkup(subtitle)}</p>${purposeMarkup}
<div class="verdict ${verdict.tone}">${escapeMarkup(verdict.word)}</div><p>${escapeMarkup(verdict.sentence)}</p>${statements(all)}
<dl class="figures">${shown.join('')}</dl></header>`;
}

export function section(title: string, content: string): string {
  return `<section><h2>${escapeMarkup(title)}</h2>${content}</section>`;
}

export function pair(...charts: readonly (string | undefined)[]): string {
  const drawn = charts.filter((chart) => chart !== undefined).map((chart) => `<section>${chart}</section>`);
  return drawn.length === 0 ? '' : `<div class="pair">${drawn.join('')}</div>`;
}

export function statements(all: readonly Statement[], className = 'plain'): string {
  if (all.length === 0) return '';
  const items = all.map(
    ({ sign, text, tone }) => `<li><b class="${tone}">${sign}</b> ${escapeMarkup(text)}</li>`,
  );
  return `<ul class="${className}">${items.join('')}</ul>`;
}

export function facts(rows: readonly Fact[]): string {
  return `<dl class="facts">${rows.map(([name, value]) => `<dt>${escapeMarkup(name)}</dt><dd>${escapeMarkup(value)}</dd>`).join('')}</dl>`;
}

export function tableMarkup({ columns, rows }: TableModel): string {
  const classOf = (index: number): string => {
    const names = [
      columns[index]?.isNumber === true ? 'num' : '',
      columns[index]?.isOptional === true ? 'optional' : '',
    ];
    const joined = names.filter((name) => name !== '').join(' ');
    return joined === '' ? '' : ` class="${joined}"`;
  };
  const head = columns.map(({ title }, index) => `<th${classOf(index)}>${escapeMarkup(title)}</th>`).join('');
  const lines = rows.map(
    (row) =>
      `<tr>${row.map((cell, index) => `<td${classOf(index)}>${escapeMarkup(cell)}</td>`).join('')}</tr>`,
  );
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${lines.join('')}</tbody></table></div>`;
}
