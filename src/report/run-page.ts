// Runs as one self-contained HTML page: verdict first, then how far it is to be trusted, the numbers, the drawings, the machine.
import { formatCount } from '../units.ts';
import { htmlPage } from './charts/page.ts';
import { element, escapeMarkup } from './charts/svg.ts';
import type { DescribeCheck } from './document-model.ts';
import { formatMs } from './latency-rows.ts';
import { facts, headerMarkup, pair, section, statements, tableMarkup } from './page-parts.ts';
import {
  dotCharts,
  inFlightOverTime,
  latencyOverTime,
  rateOverTime,
  scalingCharts,
  spectrumChart,
} from './run-charts.ts';
import { type RunModel, runModel } from './run-model.ts';
import type { RunReport } from './run-report.ts';
import { type NamedReport, runsModel } from './runs-model.ts';
import { TAIL_PARTS, type TailRow } from './tail-model.ts';

/** Largest page, bytes: mail and ticket systems take it. */
const MAX_BYTES = 1_000_000;
/** Runs drawn in full; of more, the comparison shows every one. */
const MAX_DRAWN = 12;

/**
 * The whole document, at most 1 MB: its data block holds the reports, without histograms and series (or not at all) where they would
 * exceed that, and of many runs only the first are drawn.
 */
export function runPage(runs: readonly NamedReport[], describeCheck: DescribeCheck): string {
  const title =
    runs.length === 1
      ? `enclave bench: ${runs[0]?.report.scenario.name}`
      : `enclave bench: ${runs.length} runs`;
  const reports = runs.map(({ report }) => report);
  const contents: readonly (readonly [drawn: number, data: unknown])[] = [
    [MAX_DRAWN, reports],
    [MAX_DRAWN, reports.map(withoutBulk)],
    [MAX_DRAWN / 2, null],
    [1, null],
  ];
  let page = '';
  for (const [drawn, data] of contents) {
    page = htmlPage({ title, body: bodyOf(runs, describeCheck, drawn), data });
    if (Buffer.byteLength(page) <= MAX_BYTES) break;
  }
  return page;
}

function bodyOf(runs: readonly NamedReport[], describeCheck: DescribeCheck, drawn: number): string {
  const [first] = runs;
  return first !== undefined && runs.length === 1
    ? runBody(first.report, describeCheck)
    : severalBody(runs, describeCheck, drawn);
}

function withoutBulk(report: RunReport): unknown {
  return { ...report, series: [], latency: report.latency.map(({ hdr_v2: _, ...rest }) => rest) };
}

function severalBody(runs: readonly NamedReport[], describeCheck: DescribeCheck, most: number): string {
  const model = runsModel(runs, describeCheck);
  const charts = [...scalingCharts(model), ...dotCharts(model)].map((chart) => `<section>${chart}</section>`);
  const drawn = runs
    .slice(0, most)
    .map(
      ({ name, report }, index) =>
        `<details class="run"><summary>Run ${index + 1}: ${escapeMarkup(report.scenario.name)}, ${escapeMarkup(name)}</summary>${runBody(report, describeCheck)}</details>`,
    );
  const rest = runs.length - drawn.length;
  const note = rest > 0 ? `<p class="note">${rest} further runs are in the table only.</p>` : '';
  const cautions = model.cautions.map((text) => `<li>${escapeMarkup(text)}</li>`).join('');
  return `<header class="run"><h1>${runs.length} runs</h1>${tableMarkup(model.table)}<ul class="note">${cautions}</ul></header>
<div class="pair">${charts.join('')}</div>${drawn.join('')}${note}`;
}

function runBody(report: RunReport, describeCheck: DescribeCheck): string {
  const model = runModel(report, describeCheck);
  return [
    headerMarkup({ ...model, statements: model.thresholds }),
    section('Can it be relied on?', statements(model.checks, 'plain checks')),
    section(
      'Latency',
      `${tableMarkup(model.latency)}<p class="note">Milliseconds. – : too few samples for this percentile. Response counts from the intended start; late is the generator's own lag. ${escapeMarkup(model.warmup)}</p>`,
    ),
    pair(spectrumChart(model.spectra), latencyOverTime(model)),
    pair(rateOverTime(model), inFlightOverTime(model)),
    `<div class="pair">${section('Rates and cost', facts(model.rates))}${section('Failures', errorsMarkup(model))}</div>`,
    ...model.scopes.map(({ table, title }) => section(title, tableMarkup(table))),
    tailMarkup(model),
    section('Environment', facts(model.environment)),
  ].join('\n');
}

function errorsMarkup({ errors }: RunModel): string {
  return errors.rows.length === 0 ? '<p>None: every execution ended as it should.</p>' : tableMarkup(errors);
}

/** More rows are in the data block. */
const MAX_TAIL_ROWS = 20;

function tailMarkup({ tail }: RunModel): string {
  if (tail === undefined) return '';
  const key = TAIL_PARTS.map(
    ([, name], index) =>
      `<li><svg width="14" height="12" aria-hidden="true"><rect class="part p${index + 1}" x="1" y="1" width="12" height="10"/></svg>${escapeMarkup(name)}</li>`,
  );
  const rows = tail.rows.slice(0, MAX_TAIL_ROWS).map((row) => tailRow(row));
  const head = [
    'at',
    'script',
    'response ms',
    'where the time went',
    ...TAIL_PARTS.map(([, name]) => name),
    'met',
  ]
    .map(
      (title, index) =>
        `<th${index >= 4 && index < 4 + TAIL_PARTS.length ? ' class="num optional"' : index === 0 || index === 2 ? ' class="num"' : ''}>${escapeMarkup(title)}</th>`,
    )
    .join('');
  const more =
    tail.rows.length > MAX_TAIL_ROWS
      ? `<p class="note">${tail.rows.length - MAX_TAIL_ROWS} more are in the report.</p>`
      : '';
  return section(
    'Where the slowest spent their time',
    `<p>${escapeMarkup(tail.note)}.</p><ul class="legend">${key.join('')}</ul><div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>${more}`,
  );
}

function tailRow({ execution, shares }: TailRow): string {
  let from = 0;
  const parts = shares.map((share, index) => {
    const rect = element('rect', {
      class: `part p${index + 1}`,
      x: from * 200,
      y: 1,
      width: share * 200,
      height: 12,
    });
    from += share;
    return share === 0 ? '' : rect;
  });
  const bar = element(
    'svg',
    { viewBox: '0 0 200 14', width: 160, height: 14, 'aria-hidden': 'true', preserveAspectRatio: 'none' },
    parts.join(''),
  );
  const numbers = TAIL_PARTS.map(([field]) => {
    const us = execution[field];
    return `<td class="num optional">${us === null ? '–' : formatMs(us)}</td>`;
  });
  const end = execution.end === 'ok' ? '' : ` (${execution.end})`;
  const cells = [
    `<td class="num">${formatCount(execution.intended_s, 2)} s</td>`,
    `<td>${escapeMarkup(execution.script + end)}</td>`,
    `<td class="num">${formatMs(execution.response_us)}</td>`,
    `<td>${bar}</td>`,
    ...numbers,
    `<td>${escapeMarkup(execution.overlaps.join(', '))}</td>`,
  ];
  return `<tr>${cells.join('')}</tr>`;
}
