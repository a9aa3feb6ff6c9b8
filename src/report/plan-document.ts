// What a page or a Markdown document says about a plan: sections of sentences and tables, in the order of reading.
import { formatUsd, usd } from '../planner/money.ts';
import type { Plan, Prediction, Warning } from '../planner/plan-types.ts';
import { sloName } from '../planner/slo.ts';
import { formatCount, formatDuration, formatRate } from '../units.ts';
import { alternativeLines } from './alternatives-text.ts';
import { ceilingLines, growthLine } from './ceiling-text.ts';
import { certaintyLines } from './certainty-text.ts';
import { dayLines } from './day-text.ts';
import type { Figure, Statement, TableModel, Verdict } from './document-model.ts';
import {
  checkTable,
  dayTable,
  growthTable,
  inputTable,
  ladderTable,
  rehearsalTable,
  sensitivityTable,
  sweepTable,
  typeTable,
} from './plan-tables.ts';
import { rehearsalLines } from './rehearsal-text.ts';

export type SectionId =
  | 'how'
  | 'sure'
  | 'types'
  | 'day'
  | 'otherwise'
  | 'sweep'
  | 'wrong'
  | 'growth'
  | 'checks'
  | 'rehearsal'
  | 'inputs'
  | 'warnings';

export interface PlanSection {
  readonly id: SectionId;
  readonly title: string;
  /** Read before the table. */
  readonly lines: readonly string[];
  readonly statements: readonly Statement[];
  readonly table?: TableModel;
}

export interface PlanDocument {
  readonly title: string;
  /** Where the numbers come from. */
  readonly subtitle: string;
  readonly verdict: Verdict;
  readonly objectives: readonly Statement[];
  readonly figures: readonly Figure[];
  readonly sections: readonly PlanSection[];
}

/** Parts that a plan does not have are left out. */
export function planDocument(plan: Plan): PlanDocument {
  const { verdict } = plan;
  return {
    title: `${formatCount(verdict.instances)} x ${verdict.type}`,
    subtitle: subtitleOf(plan),
    verdict: verdictOf(plan),
    objectives: verdict.predictions.filter(({ limitMs }) => limitMs !== null).map(objective),
    figures: figuresOf(plan),
    sections: sectionsOf(plan),
  };
}

function subtitleOf({ inputs, queue, workload }: Plan): string {
  const source = inputs['cpuPerExecution']?.source ?? workload.name;
  return `${workload.name}, from ${source}; ${inputs['catalogue']?.source ?? 'no prices'}; ${queue} queue`;
}

function verdictOf({ certainty, slos, verdict }: Plan): Verdict {
  const volume = `${formatRate(verdict.peakPerSecond)} at the peak`;
  if (verdict.status === 'over budget')
    return {
      tone: 'bad',
      word: 'OVER BUDGET',
      sentence: `The fleet that carries ${volume} costs more than the budget.`,
    };
  const { asked, meets } = certainty ?? { asked: null, meets: undefined };
  if (asked !== null && meets !== undefined && meets.value < asked)
    return {
      tone: 'bad',
      word: 'LESS SURE THAN ASKED',
      sentence: `Every objective is foretold to hold at ${volume}, with probability ${percent(meets.value)}; ${percent(asked)} was asked for.`,
    };
  return slos.length > 0
    ? { tone: 'good', word: 'MET', sentence: `Every objective is foretold to hold at ${volume}.` }
    : {
        tone: 'warn',
        word: 'NO OBJECTIVE',
        sentence: `The fleet carries ${volume}; no objective was given.`,
      };
}

function objective({ degradedMs, limitMs, valueMs, ...slo }: Prediction): Statement {
  const holds = valueMs !== null && limitMs !== null && valueMs <= limitMs;
  return {
    tone: holds ? 'good' : 'bad',
    sign: holds ? '✓' : '✗',
    text: `${sloName(slo)} within ${time(limitMs)}: ${time(valueMs)} foretold, ${time(degradedMs)} with the spares lost`,
  };
}

function figuresOf({ certainty, types, verdict }: Plan): Figure[] {
  const [chosen] = types;
  const p99 = verdict.predictions.find(({ metric, p }) => metric === 'response' && p === 0.99);
  const { usdPerMillion } = verdict;
  return [
    { label: 'Cost', value: formatUsd(usd(verdict.usdPerMonth)), note: 'per month of 730 h' },
    {
      label: 'Per million',
      value: formatUsd(usd(usdPerMillion), usdPerMillion < 0.1 ? 4 : 2),
      note: 'executions of the mean volume',
    },
    { label: 'Peak', value: formatRate(verdict.peakPerSecond), note: 'executions' },
    {
      label: 'p99',
      value: time(p99?.valueMs ?? null),
      note: `${time(p99?.degradedMs ?? null)} with the spares lost`,
    },
    ...(chosen === undefined
      ? []
      : [
          {
            label: 'Busy',
            value: percent(chosen.utilisationPeak),
            note: `at the peak, ${percent(chosen.utilisationMean)} on average`,
          },
          {
            label: 'Instances',
            value: formatCount(chosen.instances),
            note: `${formatCount(chosen.needed)} carry the load; rule: ${chosen.rule}`,
          },
        ]),
    ...(certainty === null
      ? []
      : [
          {
            label: 'Probability',
            value: percent(certainty.meets.value),
            note: `that all objectives hold (${percent(certainty.meets.low)} to ${percent(certainty.meets.high)})`,
          },
        ]),
  ];
}

function sectionsOf(plan: Plan): PlanSection[] {
  const part = (id: SectionId, title: string, lines: readonly string[], table?: TableModel): PlanSection => ({
    id,
    title,
    lines,
    statements: [],
    ...(table === undefined ? {} : { table }),
  });
  const { certainty, checks, day, growth, types, warnings } = plan;
  const alternatives = alternativeLines(plan);
  return [
    ...(warnings.length === 0
      ? []
      : [{ ...part('warnings', 'Before you believe it', []), statements: warnings.map(warning) }]),
    part(
      'how',
      'How it came about',
      ['The origin of a result is the weakest of its inputs.'],
      ladderTable(plan),
    ),
    ...(certainty === null ? [] : [part('sure', 'How sure', certaintyLines(certainty))]),
    part('types', 'Instance types at equal objectives', [typeLine(plan)], typeTable(plan)),
    ...(day === null ? [] : [part('day', 'Over the day', dayLines(day), dayTable(day))]),
    ...(alternatives.length === 0 ? [] : [part('otherwise', 'What it would cost otherwise', alternatives)]),
    part(
      'sweep',
      'Other volumes and peaks',
      ['Instances and cost per month of the same type; rows are executions per day, columns peak / mean.'],
      sweepTable(plan),
    ),
    part(
      'wrong',
      'What would have to be wrong',
      [
        `The factor by which one input may grow until the fleet misses an objective or has no idle processor, with all ${formatCount(types[0]?.instances ?? 0)} up and with the spares lost, and the instances needed if it were 25 % less or more.`,
      ],
      sensitivityTable(plan),
    ),
    ...(growth.length === 0
      ? []
      : [
          part(
            'growth',
            'Growth',
            ['The same type, year by year.', growthLine(plan), ...ceilingLines(plan)],
            growthTable(plan),
          ),
        ]),
    ...(checks.length === 0
      ? []
      : [
          part(
            'checks',
            'Checked three ways',
            [
              `With ${formatCount(types[0]?.needed ?? 0)} up, at the peak. M/M/c in closed form, M/G/c as planned, and a simulation with its 95 % interval.`,
            ],
            checkTable(plan),
          ),
        ]),
    ...(plan.rehearsal.length === 0
      ? []
      : [part('rehearsal', 'Rehearsed', rehearsalLines(plan), rehearsalTable(plan))]),
    part('inputs', 'Inputs', [], inputTable(plan)),
  ];
}

function typeLine({ types }: Plan): string {
  const front = types.filter(({ isPareto }) => isPareto).length;
  return `${formatCount(types.length)} types, the chosen one (✓) first. ◆ marks the ${front} that no other, about which no more is in doubt, beats in both cost and p99.`;
}

function warning({ evidence, fix, id, severity }: Warning): Statement {
  const tone = severity === 'error' ? 'bad' : severity === 'warning' ? 'warn' : 'plain';
  return {
    tone,
    sign: severity === 'error' ? '✗' : severity === 'warning' ? '!' : '?',
    text: `${id}: ${evidence}. Remedy: ${fix}.`,
  };
}

function time(ms: number | null): string {
  return ms === null ? 'n/a' : formatDuration(ms);
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}
