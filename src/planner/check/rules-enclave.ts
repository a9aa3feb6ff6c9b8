// Rules found in the Enclave guide: pools, autoscaler, quota, sessions, alerts.
import { type Rule, show, when } from './rule.ts';

export const ENCLAVE_RULES: readonly Rule[] = [
  {
    id: 'ENC-01',
    severity: 'warning',
    needs: ['singlePerSecond', 'scaledPerSecond', 'scaledInstances'],
    test: (f) => {
      const units = f.number('scaledInstances');
      const parts = f.numbers('singlePerSecond').map((single, i) => {
        const speedUp = (f.numbers('scaledPerSecond')[i] ?? 0) / single;
        const contention = (units / speedUp - 1) / (units - 1);
        return {
          speedUp,
          text: `${show(speedUp)} x on ${units} (efficiency ${show(speedUp / units)}): contention ${show(contention)} without coherency, limit ${show(single / contention)}/s`,
        };
      });
      return when(
        parts.some(({ speedUp }) => speedUp < units),
        `${parts.map(({ text }) => text).join('; ')}; two points cannot fix three coefficients`,
      );
    },
    fix: 'measure at least six numbers of instances before extrapolating',
  },
  {
    id: 'ENC-02',
    severity: 'warning',
    needs: ['serverCores', 'mixedWorkersPerCore', 'runtimeWorkers'],
    test: (f) => {
      const mixed = Math.max(2, Math.floor(f.number('mixedWorkersPerCore') * f.number('serverCores')));
      return when(
        mixed !== f.number('runtimeWorkers'),
        `the size of a pod is not stated: the server has ${f.number('serverCores')} cores, its mixed rule gives ${mixed} workers, the runtime has ${f.number('runtimeWorkers')}`,
      );
    },
    fix: 'state cores and workers of the pod that was measured',
  },
  {
    id: 'ENC-03',
    severity: 'error',
    needs: ['scaledPerSecond', 'scaledP50Ms', 'scaledInstances', 'hpaActivePerPod', 'runtimeWorkers'],
    test: (f) => {
      const inFlight =
        (f.number('scaledPerSecond') * f.number('scaledP50Ms')) / 1_000 / f.number('scaledInstances');
      const target = f.number('hpaActivePerPod');
      const workers = f.number('runtimeWorkers');
      return when(
        inFlight >= target * (1 - 1e-9) || target > workers,
        `Little: ${f.number('scaledPerSecond')}/s x ${f.number('scaledP50Ms')} ms / ${f.number('scaledInstances')} = ${show(inFlight)} in flight, the target is ${target} (no headroom); ${workers} workers can never run ${target}`,
      );
    },
    fix: 'set the target below the workers of a pod and count waiting executions too',
  },
  {
    id: 'ENC-04',
    severity: 'error',
    needs: ['brokerPoolMax', 'hpaMax', 'brokerScaleUpShare', 'hpaCpuShare'],
    test: (f) =>
      when(
        f.number('brokerPoolMax') !== f.number('hpaMax') ||
          f.number('brokerScaleUpShare') !== f.number('hpaCpuShare'),
        `two controllers: the broker scales at ${show(100 * f.number('brokerScaleUpShare'))} % up to ${f.number('brokerPoolMax')}, the autoscaler at ${show(100 * f.number('hpaCpuShare'))} % up to ${f.number('hpaMax')}`,
      ),
    fix: 'let one controller decide, with one ceiling',
  },
  {
    id: 'ENC-05',
    severity: 'error',
    needs: ['pdbMinAvailable', 'hpaMin'],
    test: (f) =>
      when(
        f.number('pdbMinAvailable') >= f.number('hpaMin'),
        `minAvailable ${f.number('pdbMinAvailable')} with minReplicas ${f.number('hpaMin')}: at the floor no pod may be evicted, drains block`,
      ),
    fix: 'keep minAvailable at least 1 below minReplicas',
  },
  {
    id: 'ENC-06',
    severity: 'error',
    needs: ['quotaCpu', 'quotaMemoryGib', 'quotaPods', 'hpaMax', 'serverCores'],
    test: (f) => {
      const [cpu, max, cores] = [f.number('quotaCpu'), f.number('hpaMax'), f.number('serverCores')];
      const pods = Math.floor(cpu / cores);
      return when(
        pods < max,
        `quota ${cpu} CPU / ${max} pods = ${show(cpu / max)} CPU and ${show(f.number('quotaMemoryGib') / max)} GiB each; of ${cores}-core pods only floor(${show(cpu / cores)}) = ${pods} fit, so ${max} is out of reach and ${f.number('quotaPods')} pods never bind`,
      );
    },
    fix: 'quota = largest number of replicas x request, plus surge',
  },
  {
    id: 'ENC-07',
    severity: 'warning',
    needs: ['maxSessions', 'sessionTimeoutS', 'singlePerSecond'],
    test: (f) => {
      const newPerSecond = f.number('maxSessions') / f.number('sessionTimeoutS');
      const published = Math.max(...f.numbers('singlePerSecond'));
      return when(
        newPerSecond < published,
        `${f.number('maxSessions')} sessions / ${f.number('sessionTimeoutS')} s = ${show(newPerSecond)} new sessions/s if they live to the time-out, against ${published} requests/s`,
      );
    },
    fix: 'close sessions when they end, or raise the cap to rate x life',
  },
  {
    id: 'ENC-08',
    severity: 'warning',
    needs: ['singlePerSecond', 'maxExecutionsPerWorker', 'mixedWorkersPerCore', 'serverCores'],
    test: (f) => {
      const restarts = f.number('singlePerSecond') / f.number('maxExecutionsPerWorker');
      const workers = Math.floor(f.number('mixedWorkersPerCore') * f.number('serverCores'));
      return when(
        restarts > 0.1,
        `recycling after ${f.number('maxExecutionsPerWorker')} at ${f.number('singlePerSecond')}/s = ${show(restarts)} restarts/s: each of ${workers} workers every ${show(workers / restarts)} s, not charged to the capacity`,
      );
    },
    fix: 'recycle after more executions, and measure with recycling on',
  },
  {
    id: 'ENC-09',
    severity: 'error',
    needs: ['latencyAlertExpression'],
    test: (f) => {
      const expression = f.text('latencyAlertExpression');
      const missing = ['_bucket', 'rate(', 'by (le'].filter((part) => !expression.includes(part));
      return when(
        expression.includes('histogram_quantile') && missing.length > 0,
        `${expression} lacks ${missing.join(', ')}: a classic histogram has no series of that name, so the alert never fires`,
      );
    },
    fix: 'histogram_quantile(0.99, sum by (le) (rate(…_bucket[5m])))',
  },
  {
    id: 'ENC-10',
    severity: 'warning',
    needs: ['latencyAlertS', 'publishedP99Ms', 'bucketsMs', 'publishedP50Ms'],
    test: (f) => {
      const ratios = f.numbers('publishedP99Ms').map((ms) => (f.number('latencyAlertS') * 1_000) / ms);
      const buckets = f.numbers('bucketsMs');
      const bucketOf = (ms: number) => buckets.findIndex((edge) => ms <= edge);
      const medians = f.numbers('publishedP50Ms');
      const isBlind = new Set(medians.map(bucketOf)).size < new Set(medians).size;
      return when(
        Math.min(...ratios) > 10 || isBlind,
        `the alert at ${f.number('latencyAlertS')} s is ${show(Math.min(...ratios), 2)} to ${show(Math.max(...ratios), 2)} times the published p99; buckets ${buckets.slice(0, 2).join(' to ')} ms cannot tell p50 ${medians.join(' from ')} ms`,
      );
    },
    fix: 'alert at twice the objective, with buckets around it',
  },
  {
    id: 'ENC-11',
    severity: 'warning',
    needs: ['counterName'],
    test: (f) =>
      when(
        /per_second|_rate$/.test(f.text('counterName')),
        `${f.text('counterName')} is a counter named as a rate: it only ever grows`,
      ),
    fix: 'name it …_total and take the rate in the query',
  },
  {
    id: 'ENC-12',
    severity: 'warning',
    needs: ['cookieLifeS', 'sessionTimeoutS'],
    test: (f) =>
      when(
        f.number('cookieLifeS') > f.number('sessionTimeoutS'),
        `the cookie lives ${f.number('cookieLifeS')} s, the session ${f.number('sessionTimeoutS')} s: the queue stays split ${show(f.number('cookieLifeS') / f.number('sessionTimeoutS'))} times longer than needed`,
      ),
    fix: 'let the cookie live as long as the session',
  },
  {
    id: 'ENC-13',
    severity: 'info',
    needs: ['publishedP50Ms', 'singlePerSecond', 'scaledPerSecond', 'scaledInstances'],
    test: (f) => {
      const [single = 0, scaled = 0] = f.numbers('publishedP50Ms');
      const perServer = f.number('scaledPerSecond') / f.number('scaledInstances');
      return when(
        scaled > single && perServer < f.number('singlePerSecond'),
        `p50 rises ${single} to ${scaled} ms while load per server falls ${f.number('singlePerSecond')} to ${show(perServer)}/s: the hop through the broker is paid in latency and missing from the pool rule`,
      );
    },
    fix: 'measure the broker hop and add it to the service time',
  },
];
