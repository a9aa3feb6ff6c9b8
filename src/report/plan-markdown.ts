// A plan as Markdown, for a ticket or a wiki: the same numbers as on the terminal, and every type and input.
import { formatUsd, usd } from '../planner/money.ts';
import type { Plan, TypePlan } from '../planner/plan-types.ts';
import { sloName } from '../planner/slo.ts';
import { formatCount, formatDuration, formatRate } from '../units.ts';
import { alternativeLines } from './alternatives-text.ts';
import { ceilingLines } from './ceiling-text.ts';
import { certaintyText } from './certainty-text.ts';
import { dayLines } from './day-text.ts';

/** The whole document, ending in a newline. */
export function planMarkdown(plan: Plan): string {
  const { verdict } = plan;
  const goals = verdict.predictions.filter(({ limitMs }) => limitMs !== null);
  const sections = [
    `# ${verdict.status === 'met' ? 'Plan' : 'Plan, over budget'}: ${formatCount(verdict.instances)} x ${verdict.type}`,
    [
      `**${formatUsd(usd(verdict.usdPerMonth))} per month, ${formatUsd(usd(verdict.usdPerMillion), 4)} per million executions**, at a peak of ${formatRate(verdict.peakPerSecond)}.`,
      ...goals.map(
        (goal) =>
          `Objective ${sloName(goal)} within ${ms(goal.limitMs)}: ${ms(goal.valueMs)}; spares lost ${ms(goal.degradedMs)}.`,
      ),
    ].join(' '),
    section(
      'Derivation',
      ['step', 'formula', 'numbers', 'result', 'origin'],
      plan.ladder.map((step) => [
        step.title,
        step.formula,
        step.inputs,
        `${formatCount(step.value, 5)} ${step.unit}`,
        step.provenance,
      ]),
    ),
    section(
      'Inputs',
      ['input', 'value', 'origin', 'source'],
      Object.entries(plan.inputs).map(([name, { provenance, source, unit, value }]) => [
        name,
        `${formatCount(value, 6)} ${unit}`,
        provenance,
        source,
      ]),
    ),
    section(
      'Types',
      ['type', 'vCPU', 'instances', 'busy at peak', 'p99', 'USD/month', 'USD/M', 'Pareto', 'doubts'],
      plan.types.map(typeRow),
    ),
    ...(plan.checks.length === 0
      ? []
      : [
          section(
            'Three checks',
            ['number', 'M/M/c', 'M/G/c', 'simulated', 'low', 'high', ''],
            plan.checks.map((check) => [
              check.name,
              ms(check.closedFormMs),
              ms(check.approximationMs),
              ms(check.simulatedMs.value),
              ms(check.simulatedMs.low),
              ms(check.simulatedMs.high),
              check.agrees ? 'agree' : 'differ',
            ]),
          ),
        ]),
    ...(plan.certainty === null
      ? []
      : [`## How sure\n\n${certaintyText(plan.certainty, Infinity).replaceAll('\n', '\n\n')}`]),
    section(
      'What would have to be wrong',
      ['input', 'value', 'origin', 'all up', 'spares lost'],
      plan.sensitivity.map((entry) => [
        entry.name,
        `${formatCount(entry.value, 5)} ${entry.unit}`,
        entry.provenance,
        factor(entry.mayGrowBy),
        factor(entry.mayGrowByDegraded),
      ]),
    ),
    ...(plan.day === null
      ? []
      : [
          `## Over the day\n\n${dayLines(plan.day).join('\n\n')}`,
          section(
            'Hours',
            ['hour', 'rate', 'needed', 'autoscaled', 'missed'],
            plan.day.hours.map((hour) => [
              String(hour.hour),
              formatRate(hour.ratePerSecond),
              formatCount(hour.needed),
              formatCount(hour.autoscaled),
              `${formatCount(100 * hour.missShare)} %`,
            ]),
          ),
        ]),
    ...(alternativeLines(plan).length === 0
      ? []
      : [`## Otherwise\n\n${alternativeLines(plan).join('\n\n')}`]),
    ...(plan.growth.length === 0
      ? []
      : [
          section(
            'Growth',
            ['year', 'per day', 'peak', 'instances', 'USD/month'],
            plan.growth.map((year) => [
              String(year.year),
              formatCount(year.perDay),
              formatRate(year.peakPerSecond),
              cell(year.instances),
              year.usdPerMonth === null ? 'none' : formatUsd(usd(year.usdPerMonth)),
              ...ceilingLines(plan),
            ]),
          ),
        ]),
    ...(plan.warnings.length === 0
      ? []
      : [
          `## Before you believe it\n\n${plan.warnings.map(({ evidence, fix, id, severity }) => `- **${severity} ${id}**: ${escapeCell(evidence)}. Remedy: ${escapeCell(fix)}.`).join('\n')}`,
        ]),
  ];
  return `${sections.join('\n\n')}\n`;
}

function typeRow(type: TypePlan): string[] {
  const p99 = type.predictions.find(({ metric, p }) => metric === 'response' && p === 0.99);
  return [
    type.type,
    String(type.vcpu),
    formatCount(type.instances),
    `${Math.round(100 * type.utilisationPeak)} %`,
    ms(p99?.valueMs ?? null),
    formatUsd(usd(type.usdPerMonth)),
    formatUsd(usd(type.usdPerMillion), 4),
    type.isPareto ? 'yes' : '',
    type.doubts.join(', '),
  ];
}

function section(title: string, heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [`## ${title}`, '', line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)].join(
    '\n',
  );
}

/** A report's name or a CPU's must not break the table, nor become markup. */
function escapeCell(text: string): string {
  return text.replaceAll(/[|<>]/g, (sign) => `&#${sign.charCodeAt(0)};`).replaceAll(/\s+/g, ' ');
}

function ms(value: number | null): string {
  return value === null ? 'not supported' : formatDuration(value);
}

function factor(value: number | null): string {
  return value === null ? 'any' : `x ${formatCount(value)}`;
}

function cell(value: number | null): string {
  return value === null ? 'none' : formatCount(value);
}
