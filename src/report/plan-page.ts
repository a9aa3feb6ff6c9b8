// A plan as one self-contained HTML page: the verdict, what speaks against it, how it came about, and what else there is.
import type { Plan, SweepCell } from '../planner/plan-types.ts';
import { PROVENANCES } from '../planner/provenance.ts';
import { htmlPage } from './charts/page.ts';
import { escapeMarkup } from './charts/svg.ts';
import { headerMarkup, pair, section, statements, tableMarkup } from './page-parts.ts';
import { dayCostChart, dayRateChart, growthCharts, tornadoChart, typesChart } from './plan-charts.ts';
import { type PlanSection, planDocument, type SectionId } from './plan-document.ts';

/** The whole document; its data block holds the plan. */
export function planPage(plan: Plan): string {
  const { objectives, sections, ...heading } = planDocument(plan);
  const body = [
    headerMarkup({ ...heading, purpose: '', statements: objectives }),
    ...sections.map((part) => sectionMarkup(part, plan)),
  ].join('\n');
  return htmlPage({ title: `enclave plan: ${heading.title}`, body, data: plan, style: STYLE });
}

const STYLE = `.origin{border-radius:4px;padding:0 6px;font-size:12px;border:1px solid var(--rule);white-space:nowrap}
.origin.measured{color:var(--good);background:var(--goodbg)}.origin.assumed{color:var(--warn);background:var(--warnbg)}
td.heat{background:color-mix(in srgb,var(--s1) var(--h),transparent)}td.heat.own{outline:2px solid var(--ink);outline-offset:-2px;font-weight:650}
.heats td,.heats th{padding:6px 10px;text-align:right;white-space:nowrap}.heats td:last-child,.heats th:last-child{padding-right:10px}
@media(max-width:640px){.ladder .num{white-space:normal}}
.solo figure{max-width:640px}
section details{margin-top:10px}section summary{cursor:pointer;color:var(--soft)}`;

function sectionMarkup({ id, lines, statements: all, table, title }: PlanSection, plan: Plan): string {
  const words = lines.map((line) => `<p>${escapeMarkup(line)}</p>`).join('');
  const shown = table === undefined ? '' : id === 'sweep' ? heatTable(plan) : withOrigins(tableMarkup(table));
  const isLong = id === 'day';
  const content = isLong
    ? `<details><summary>hour by hour</summary>${shown}</details>`
    : id === 'how'
      ? `<div class="ladder">${shown}</div>`
      : shown;
  const charts = chartsOf(id, plan).filter((chart) => chart !== undefined);
  // One chart alone would be drawn twice as large as in a pair.
  const drawn = charts.length === 1 ? `<section class="solo">${charts.join('')}</section>` : pair(...charts);
  return `${section(title, `${words}${statements(all)}${content}`)}${drawn}`;
}

function chartsOf(id: SectionId, plan: Plan): readonly (string | undefined)[] {
  switch (id) {
    case 'types':
      return [typesChart(plan)];
    case 'day':
      return [dayCostChart(plan), dayRateChart(plan)];
    case 'wrong':
      return [tornadoChart(plan)];
    case 'growth':
      return growthCharts(plan);
    default:
      return [];
  }
}

/** Cells that hold an origin and nothing else become marks. */
function withOrigins(table: string): string {
  return PROVENANCES.reduce(
    (markup, name) =>
      markup.replaceAll(`<td>${name}</td>`, `<td><span class="origin ${name}">${name}</span></td>`),
    table,
  );
}

/** Strongest colour of a cell, percent: text on it stays readable. */
const MAX_HEAT = 48;

/** The sweep with cells coloured by cost, on a logarithmic scale; the plan's own volume and peak framed. */
function heatTable(plan: Plan): string {
  const { sweep } = plan;
  const table = planDocument(plan).sections.find(({ id }) => id === 'sweep')?.table;
  if (table === undefined) return '';
  const costs = sweep.flatMap(({ usdPerMonth }) => (usdPerMonth === null ? [] : [Math.log(usdPerMonth)]));
  const [low, high] = [Math.min(...costs), Math.max(...costs)];
  const own = { perDay: plan.inputs['executionsPerDay']?.value, peak: plan.inputs['peakMultiplier']?.value };
  const width = table.columns.length - 1;
  const head = table.columns.map(({ title }) => `<th>${escapeMarkup(title)}</th>`).join('');
  const rows = table.rows.map(([volume = '', ...cells], row) => {
    const shown = cells.map((text, column) => {
      const cell = sweep[row * width + column];
      const frame = cell?.perDay === own.perDay && cell?.peak === own.peak ? ' own' : '';
      return `<td class="heat${frame}" style="--h:${heatOf(cell, low, high)}%">${escapeMarkup(text)}</td>`;
    });
    return `<tr><th>${escapeMarkup(volume)}</th>${shown.join('')}</tr>`;
  });
  return `<div class="scroll"><table class="heats"><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function heatOf(cell: SweepCell | undefined, low: number, high: number): number {
  if (cell === undefined || cell.usdPerMonth === null || high === low) return 0;
  return Math.round((MAX_HEAT * (Math.log(cell.usdPerMonth) - low)) / (high - low));
}
