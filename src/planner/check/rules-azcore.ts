// Rules found in the Azcore guide: autoscaler targets, budgets, balancers, sizes.
import { type Rule, show, when } from './rule.ts';

export const AZCORE_RULES: readonly Rule[] = [
  {
    id: 'AZC-01',
    severity: 'error',
    needs: ['requestsPerTargetMinute', 'hpaRequestsPerPodSecond'],
    test: (f) => {
      const perSecond = f.number('requestsPerTargetMinute') / 60;
      const pod = f.number('hpaRequestsPerPodSecond');
      return when(
        Math.max(pod, perSecond) > 1.5 * Math.min(pod, perSecond),
        `the balancer's ${show(f.number('requestsPerTargetMinute'))} per target are per minute = ${show(perSecond, 3)}/s, the autoscaler's target is ${pod}/s: ${show(pod / perSecond, 2)} times apart`,
      );
    },
    fix: 'target per minute = 60 x target per second',
  },
  {
    id: 'AZC-02',
    severity: 'error',
    needs: ['budgetUsdPerHour', 'exampleUsdPerHour', 'podsMax'],
    test: (f) => {
      const affordable = f.number('budgetUsdPerHour') / f.number('exampleUsdPerHour');
      const most = f.number('podsMax') * f.number('exampleUsdPerHour');
      return when(
        affordable > f.number('podsMax'),
        `$${f.number('budgetUsdPerHour')}/h at $${f.number('exampleUsdPerHour')} = ${show(affordable)} instances, the ceiling is ${f.number('podsMax')} ($${show(most)}/h), and the spend is never updated: the budget cannot bind`,
      );
    },
    fix: 'budget below ceiling x price, compared with the real spend',
  },
  {
    id: 'AZC-03',
    severity: 'warning',
    needs: ['exampleUsdPerHour', 'offeredUsdPerHour'],
    test: (f) =>
      when(
        f
          .numbers('offeredUsdPerHour')
          .every((usd) => Math.abs(usd / f.number('exampleUsdPerHour') - 1) > 0.05),
        `the example price ${f.number('exampleUsdPerHour')} belongs to none of the types offered: ${f.numbers('offeredUsdPerHour').join(', ')}`,
      ),
    fix: 'take prices from a catalogue with a date',
  },
  {
    id: 'AZC-04',
    severity: 'error',
    needs: ['podsMax', 'largeWorkers', 'dbPoolSize', 'dbOverflow'],
    test: (f) => {
      const perWorker = f.number('dbPoolSize') + f.number('dbOverflow');
      const connections = f.number('podsMax') * f.number('largeWorkers') * perWorker;
      return when(
        connections > 5_000,
        `${f.number('podsMax')} pods x ${f.number('largeWorkers')} workers x (${f.number('dbPoolSize')} + ${f.number('dbOverflow')}) = ${show(connections, 6)} database connections`,
      );
    },
    fix: 'put a connection pooler in front, or size pools by the limit of the database',
  },
  {
    id: 'AZC-05',
    severity: 'error',
    needs: ['nginxDirectives', 'nginxKeepalive', 'upstreamDefinitions'],
    test: (f) => {
      const foreign = f
        .text('nginxDirectives')
        .split(/\s*;\s*/)
        .filter((directive) => /^(check|sticky) /.test(directive));
      const wrong = [
        when(foreign.length > 0, `${foreign.join(' and ')} fail nginx -t on stock nginx`),
        when(f.text('nginxKeepalive') === 'none', '"connection pooling" lacks keepalive'),
        when(
          f.number('upstreamDefinitions') > 1,
          `one block defines the same upstream ${f.number('upstreamDefinitions')} times`,
        ),
      ].filter((text) => text !== undefined);
      return when(wrong.length > 0, wrong.join('; '));
    },
    fix: 'use max_fails, ip_hash and keepalive, and run nginx -t',
  },
  {
    id: 'AZC-06',
    severity: 'error',
    needs: ['hpaScaleTarget', 'deployments', 'deploymentReplicas'],
    test: (f) => {
      const names = f.text('deployments').split(/\s*,\s*/);
      return when(
        !names.includes(f.text('hpaScaleTarget')),
        `the autoscaler targets ${f.text('hpaScaleTarget')}, the deployments are ${names.join(' and ')} with fixed ${f.numbers('deploymentReplicas').join(' + ')}: nothing scales them`,
      );
    },
    fix: 'one autoscaler for each deployment',
  },
  {
    id: 'AZC-07',
    severity: 'error',
    needs: ['workersPerCpu', 'workersMax', 'workersReadFrom', 'smallCpu'],
    test: (f) => {
      const nodeCpus = 16;
      const started = Math.min(f.number('workersMax'), f.number('workersPerCpu') * nodeCpus);
      return when(
        f.text('workersReadFrom') === 'host' && started > f.number('workersPerCpu') * f.number('smallCpu'),
        `the number of workers reads the CPUs of the host: a ${f.number('smallCpu')}-CPU pod on a ${nodeCpus}-CPU node starts ${started}`,
      );
    },
    fix: 'read the limit of the cgroup',
  },
  {
    id: 'AZC-08',
    severity: 'error',
    needs: ['llmConcurrent', 'hpaRequestsPerPodSecond', 'scaleAtP95S'],
    test: (f) => {
      const allowed = f.numbers('llmConcurrent').map((calls) => calls / f.number('hpaRequestsPerPodSecond'));
      const [large = 0, most = 0] = allowed.slice(-2);
      return when(
        most < f.number('scaleAtP95S'),
        `Little: ${f.numbers('llmConcurrent').at(-2)} calls in flight at ${f.number('hpaRequestsPerPodSecond')}/s need each within ${show(large)} s (largest size ${show(most)} s), while scaling starts at p95 above ${f.number('scaleAtP95S')} s`,
      );
    },
    fix: 'target per pod = calls in flight / time of a call',
  },
  {
    id: 'AZC-09',
    severity: 'warning',
    needs: ['sizeWorkers', 'sizeCacheMb', 'sizeMemoryGib'],
    test: (f) => {
      const sums = f.numbers('sizeWorkers').map((workers, i) => {
        const megabytes = workers * (f.numbers('sizeCacheMb')[i] ?? 0);
        const memory = f.numbers('sizeMemoryGib')[i] ?? 0;
        return {
          isTooMuch: megabytes * 1e6 > memory * 2 ** 30,
          text: `${show(megabytes, 6)} MB in ${memory} GiB`,
        };
      });
      const wrong = sums.filter(({ isTooMuch }) => isTooMuch);
      return when(
        wrong.length > 0,
        `if each process has its own cache, workers x cache = ${wrong.map(({ text }) => text).join(', ')}`,
      );
    },
    fix: 'say whether the cache is shared, and size it by the worker if not',
  },
  {
    id: 'AZC-10',
    severity: 'info',
    needs: ['llmConcurrent', 'sizeCpu', 'offeredBurstable', 'hpaCpuShare'],
    test: (f) => {
      const perCpu = f.numbers('llmConcurrent').map((calls, i) => calls / (f.numbers('sizeCpu')[i] ?? 1));
      const burstable = f.text('offeredBurstable');
      return when(
        new Set(perCpu).size > 1 || burstable !== '',
        `calls per CPU ${perCpu.map((calls) => show(calls)).join(', ')}: not in proportion; ${burstable || 'no type'} is burstable under a ${show(100 * f.number('hpaCpuShare'))} % target`,
      );
    },
    fix: 'scale limits with the size, and choose a type that is not burstable',
  },
];
