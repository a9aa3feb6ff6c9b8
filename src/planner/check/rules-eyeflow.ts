// Rules found in the EyeFlow guide: capacity per instance against its table and its load tests.
import { DAY_S, differ, type Facts, type Rule, show, when } from './rule.ts';
import { EYEFLOW_COST_RULES, tableRate } from './rules-eyeflow-cost.ts';

/** The line through two load tests: utilisation = idle + slope x rate, for all instances of the test together. */
function testLine(f: Facts): { readonly idle: number; readonly slope: number } {
  const [lowRate = 0, highRate = 0] = f.numbers('testPerDay').map((perDay) => perDay / DAY_S);
  const [low = 0, high = 0] = f.numbers('testUtilisation');
  const slope = (high - low) / (highRate - lowRate);
  return { idle: low - slope * lowRate, slope };
}

const LOAD_RULES: readonly Rule[] = [
  {
    id: 'EYE-01',
    severity: 'error',
    needs: ['instancePerSecond', 'tablePerDay', 'tableInstances'],
    test: (f) => {
      const stated = f.number('instancePerSecond');
      const implied = tableRate(f, 1);
      const volume = f.numbers('tablePerDay')[1] ?? 0;
      return when(
        differ(stated, implied, 0.5),
        `${show(volume)}/day = ${show(volume / DAY_S, 5)}/s = ${show(volume / DAY_S / stated, 3)} instance at ${show(stated)}/s; the table's ${f.numbers('tableInstances')[1]} imply ${show(implied)}/s each: factor ${show(stated / implied)} (${show(stated)}/s is ${show(stated * DAY_S, 9)}/day)`,
      );
    },
    fix: 'state which of the two was measured, and how',
  },
  {
    id: 'EYE-02',
    severity: 'warning',
    needs: ['tablePerDay', 'tableInstances', 'testInstances', 'testUtilisation', 'scaleShare'],
    test: (f) => {
      const perMillion = (f.number('testInstances') * f.number('testUtilisation')) / f.number('scaleShare');
      const rows = f.numbers('tablePerDay').slice(1);
      const once = rows.map((volume) => Math.ceil((perMillion * volume) / 1e6 - 1e-9));
      const printed = f.numbers('tableInstances').slice(1);
      return when(
        once.some((count, i) => count !== printed[i]),
        `${f.number('testInstances')} x ${show(100 * f.number('testUtilisation'))} % / ${show(100 * f.number('scaleShare'))} % = ${show(perMillion)} per million, rounded up before it is scaled: ${printed.map((n) => show(n)).join(', ')} instead of ${once.map((n) => show(n)).join(', ')}`,
      );
    },
    fix: 'round up once, at the end',
  },
  {
    id: 'EYE-03',
    severity: 'warning',
    needs: ['testPerDay', 'testUtilisation', 'testInstances', 'scaleShare'],
    test: (f) => {
      const { idle, slope } = testLine(f);
      const rate = (f.number('scaleShare') - idle) / slope;
      return when(
        idle > 0.05,
        `two load tests give u = ${show(idle)} + ${show(slope)} x rate on ${f.number('testInstances')} instances: ${show(100 * idle, 3)} % idle load; ${show(100 * f.number('scaleShare'))} % is reached at ${show(rate)}/s, ${show(rate / f.number('testInstances'))} each`,
      );
    },
    fix: 'plan with the intercept: utilisation is not proportional to load',
  },
  {
    id: 'EYE-04',
    severity: 'error',
    needs: ['testPerDay', 'testUtilisation', 'testInstances', 'instancePerSecond'],
    test: (f) => {
      const rate = (f.numbers('testPerDay')[1] ?? 0) / DAY_S;
      const seen = f.numbers('testUtilisation')[1] ?? 0;
      const stated = rate / (f.number('testInstances') * f.number('instancePerSecond'));
      return when(
        differ(seen, stated, 0.5),
        `${show(rate)}/s shows ${show(100 * seen)} % CPU on ${f.number('testInstances')} instances; at ${show(f.number('instancePerSecond'))}/s each it would be ${show(100 * stated, 2)} %`,
      );
    },
    fix: 'measure the capacity of one instance at saturation',
  },
  {
    id: 'EYE-05',
    severity: 'warning',
    needs: ['tablePerDay', 'tableInstances', 'tableVcpu'],
    test: (f) => {
      const vcpus = f.numbers('tableVcpu');
      const perVcpu = vcpus.map((vcpu, row) => tableRate(f, row) / vcpu).slice(1);
      const [first = 1] = perVcpu;
      const last = perVcpu.at(-1) ?? 1;
      return when(
        differ(first, last, 0.2),
        `${show(tableRate(f, 1) * DAY_S, 6)}/day each on ${vcpus[1]} and on ${vcpus.at(-1)} vCPU: per vCPU it falls ${show(first / last)} times, against "linear across CPU cores"`,
      );
    },
    fix: 'size each row by what its type can do',
  },
  {
    id: 'EYE-06',
    severity: 'warning',
    needs: ['verticalToPerSecond', 'tablePerDay', 'tableInstances'],
    test: (f) => {
      const rate = f.number('verticalToPerSecond');
      const instances = rate / tableRate(f, 1);
      return when(
        instances > 2,
        `one larger instance is advised up to ${rate}/s = ${show((rate * DAY_S) / 1e6)}M/day, which the table gives ${show(instances)} instances`,
      );
    },
    fix: 'use one capacity in both places',
  },
  {
    id: 'EYE-07',
    severity: 'info',
    needs: [
      'testPerDay',
      'printedTestPerSecond',
      'printedPerHour',
      'instancePerSecond',
      'twoInstancesPerSecond',
    ],
    test: (f) => {
      const [perDay = 0, stressPerDay = 0] = f.numbers('testPerDay');
      const stress = stressPerDay / DAY_S;
      const wrong = [
        when(
          Math.abs(stress - f.number('printedTestPerSecond')) > 0.5,
          `${show(stress)}/s printed as ${f.number('printedTestPerSecond')}`,
        ),
        when(
          Math.abs(perDay / 24 - f.number('printedPerHour')) > 500,
          `${show(perDay / 24, 5)}/h printed as ${show(f.number('printedPerHour'))} (= ${show(24 * f.number('printedPerHour'))}/day)`,
        ),
        when(
          f.number('twoInstancesPerSecond') !== 2 * f.number('instancePerSecond'),
          `${f.number('twoInstancesPerSecond')} is not 2 x ${f.number('instancePerSecond')}`,
        ),
      ].filter((text) => text !== undefined);
      return when(wrong.length > 0, wrong.join('; '));
    },
    fix: 'print rounded figures as rounded',
  },
];

export const EYEFLOW_RULES: readonly Rule[] = [...LOAD_RULES, ...EYEFLOW_COST_RULES];
