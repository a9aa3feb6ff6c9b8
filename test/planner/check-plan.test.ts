import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkPlan, KNOWN_FACTS, parsePublishedPlan, RULES } from '../../src/planner/check/check-plan.ts';
import type { Fact } from '../../src/planner/check/facts.ts';

const profile = (name: string) =>
  parsePublishedPlan(
    JSON.parse(readFileSync(new URL(`../../catalogue/profiles/${name}.json`, import.meta.url), 'utf8')),
  );

/** What the arithmetic of each contradiction must show; worked out by hand from the guides' figures. */
const EXPECTED: Readonly<Record<string, readonly (readonly [string, RegExp])[]>> = {
  enclave: [
    ['ENC-01', /2\.4 x .* 0\.8\).*0\.125.*4,000.*2\.5 x.*0\.8333.*0\.1 .*2,000/],
    ['ENC-02', /8 cores.*12 workers.*has 4/],
    ['ENC-03', /= 10 in flight, the target is 10.*4 workers/],
    ['ENC-04', /80 % up to 10.*70 % up to 20/],
    ['ENC-05', /minAvailable 2 with minReplicas 2/],
    ['ENC-06', /= 1 CPU and 2 GiB.*floor\(2\.5\) = 2 fit.*50 pods never bind/],
    ['ENC-07', /3\.333 new sessions/],
    ['ENC-08', /0\.5 restarts\/s.*12 workers every 24 s/],
    ['ENC-09', /_bucket, rate\(, by \(le/],
    ['ENC-10', /42 to 59 times.*15 from 25/],
    ['ENC-11', /counter named as a rate/],
    ['ENC-12', /12 times longer/],
    ['ENC-13', /15 to 25 ms.*500 to 400/],
  ],
  eyeflow: [
    ['EYE-01', /11\.574.*0\.00347.*3\.858.*863\.9.*287,971,200/],
    ['EYE-02', /= 2\.5 per million.*3, 30, 300, 3,000 instead of 3, 25, 250, 2,500/],
    ['EYE-03', /0\.2786 \+ 0\.006171.*68\.29\/s, 13\.66 each/],
    ['EYE-04', /27\.78.*45 %.*0\.17 %/],
    ['EYE-05', /333,333.*8 times/],
    ['EYE-06', /43\.2M\/day.*129\.6/],
    ['EYE-07', /27\.78.* 27;.*41,667.*960,000.*6667/],
    ['EYE-08', /0\.7075.*833\.33, 433\.33, 400\.00, 233\.33, 216\.67/],
    ['EYE-09', /6,000.*2,400.*4,000.*1,625/],
    ['EYE-10', /273,973.*30 instances.*54\.75/],
    ['EYE-11', /1,200,000/],
    ['EYE-12', /34,800.*6,500 \(5\.3/],
    ['EYE-13', /8\.64M.*26.*98\.5 %, not 95 %/],
    ['EYE-14', /274,000.*3\.65/],
    ['EYE-15', /303\.68: 2\.5 %/],
    ['EYE-16', /p50 45, p75 62/],
    ['EYE-17', /99\.9.*150.*500.*70 %.*75 %/],
    ['EYE-18', /29\.20.*\+48 %/],
    ['EYE-19', /75\.01 ms.*4,032/],
  ],
  azcore: [
    ['AZC-01', /16\.7\/s.*100\/s: 6 times/],
    ['AZC-02', /500 instances.*\$10\/h/],
    ['AZC-03', /0\.17, 0\.252, 0\.1664/],
    ['AZC-04', /12,000/],
    ['AZC-05', /check interval.*sticky cookie.*keepalive.*2 times/],
    ['AZC-06', /arc-deployment.*10 \+ 10/],
    ['AZC-07', /starts 32/],
    ['AZC-08', /0\.2 s .*0\.5 s.*above 2 s/],
    ['AZC-09', /8,000 MB in 4 GiB, 32,000 MB in 8 GiB, 128,000 MB in 16/],
    ['AZC-10', /5, 5, 5, 6\.25.*t3\.xlarge/],
  ],
  stratarouter: [
    ['STR-01', /173\.611.*0\.01157, so 1.*432M.*864M.*86\.4 to 173/],
    ['STR-02', /5,000, 16,667, 20,000, 20,000.*15,000/],
    ['STR-03', /negative contention/],
    ['STR-04', /300,000.*400,000.*1,000,000.*50/],
    ['STR-05', /0\.02 to \$0\.005/],
    ['STR-06', /1\.157\/s = 0\.008 %/],
    ['STR-07', /0\.35 CPU, 17\.5 %/],
  ],
  enzyme: [
    ['ENZ-01', /2\.627.*21\.02 GiB on a 16 GB/],
    ['ENZ-02', /shared by all/],
    ['ENZ-03', /1,000 and 10,000.*5,000 and 20,000/],
    ['ENZ-04', /7\.66x, 6\.81x, 7\.66x/],
    ['ENZ-05', /16\.4 KB.*80,000.*75,000/],
    ['ENZ-06', /500, 1,250, 2,500.*2,000/],
    ['ENZ-07', /5,000 clients against .* 1,024/],
    ['ENZ-08', /2,048.*16,384 of 20,000/],
    ['ENZ-09', /1 GB.*8 GB/],
  ],
};

/** The facts changed so that each guide no longer contradicts itself. */
const CONSISTENT: Readonly<Record<string, Readonly<Record<string, Fact>>>> = {
  enclave: {
    scaledPerSecond: [1_500, 600],
    runtimeWorkers: 12,
    hpaActivePerPod: 12,
    scaledP50Ms: 15,
    publishedP50Ms: [15, 15],
    brokerPoolMax: 20,
    brokerScaleUpShare: 0.7,
    pdbMinAvailable: 1,
    quotaCpu: 160,
    sessionTimeoutS: 2,
    cookieLifeS: 2,
    maxExecutionsPerWorker: 50_000,
    latencyAlertExpression: 'histogram_quantile(0.99, sum by (le) (rate(x_bucket[5m]))) > 0.24',
    latencyAlertS: 0.24,
    counterName: 'enclave_executions_total',
  },
  stratarouter: {
    sizingInstances: 1,
    rowPerSecond: [15_000, 45_000, 150_000, 750_000],
    podsCeiling: 50,
    rowUsdPerMonth: [100, 300, 1_000, 5_000],
    horizontalFromPerDay: 500_000_000,
    cpuRequest: 1.8,
  },
};

describe('checkPlan()', () => {
  const cases = Object.entries(EXPECTED).flatMap(([name, rows]) =>
    rows.map(([id, evidence]) => ({ name, id, evidence })),
  );

  it('knows the 58 contradictions of the five guides', () => {
    expect(cases).toHaveLength(58);
    expect(RULES.map(({ id }) => id)).toEqual(cases.map(({ id }) => id));
  });

  it.each(cases)('finds $id in the guide of $name, with its arithmetic', ({ name, id, evidence }) => {
    expect(checkPlan(profile(name)).find((finding) => finding.id === id)?.evidence).toMatch(evidence);
  });

  it.each(Object.keys(CONSISTENT))('finds nothing in a consistent plan with the facts of %s', (name) => {
    const plan = profile(name);
    expect(checkPlan({ ...plan, facts: { ...plan.facts, ...CONSISTENT[name] } })).toEqual([]);
  });

  it('says nothing where facts are missing', () => {
    expect(checkPlan({ name: 'mine', source: 'here', facts: { hpaMin: 2 } })).toEqual([]);
  });
});

describe('parsePublishedPlan()', () => {
  it('lists every problem with its path', () => {
    const bad = () => parsePublishedPlan({ name: '', facts: { hpaMin: [], wrong: 1, hpaMax: null } });
    for (const path of ['name', 'source', 'facts.hpaMin', 'facts.wrong', 'facts.hpaMax'])
      expect(bad).toThrow(path);
  });

  it('accepts every fact that a rule knows', () => {
    const facts = Object.fromEntries(KNOWN_FACTS.map((name) => [name, 1]));
    expect(() => checkPlan(parsePublishedPlan({ name: 'a', source: 'b', facts }))).not.toThrow();
  });

  it.each([null, 3, [], {}])('refuses %j', (data) => {
    expect(() => parsePublishedPlan(data)).toThrow(/INVALID_INPUT/);
  });
});
