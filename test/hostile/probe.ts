// The next execution: an ordinary script that also reports what its realm looks like.
import type { Executor, Isolation } from '../../src/execution.ts';
import { describeRealm } from './realm.ts';

const PROBE = `
const describeRealm = ${describeRealm};
const seen = describeRealm(undefined, true);
console.info('probe', args.n);
const echoed = await callTool('echo', { n: args.n });
const caught = await callTool('refuse').catch((error) => [error.name, error.code, error.tool, error.message]);
const all = await parallel([1, 2, 3], async (n) => (await callTool('echo', n)) + args.n);
return [seen, echoed, caught, all, /(x)/.test('axb') && RegExp.$1, [3, 1, 2].sort(), new Map([[1, 2]]).get(1)];
`;

/** Text that is the same after every script when nothing was left behind; else how the outcome failed. */
export async function runProbe(executor: Executor, tenant: string, isolation: Isolation): Promise<string> {
  const outcome = await executor.execute({
    source: PROBE,
    args: { n: 39 },
    tenant,
    isolation,
    limits: { cpuMs: 20_000, wallMs: 60_000 },
  });
  const logs = outcome.logs.map(({ level, text }) => `${level} ${text}`);
  const result = outcome.success ? outcome.valueJson : outcome.error;
  return JSON.stringify([result, logs, outcome.stats.toolCallCount]);
}
