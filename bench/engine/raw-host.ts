// The raw loop that the pool is compared with: the same isolates, guard, prelude and V8 settings in a bare child process,
// nothing of queue, limits, tools or supervision around them. One message asks for a batch and is answered when it is done.
import type { Isolation } from '../../src/execution.ts';

const dist = new URL('../../dist/sandbox/', import.meta.url).href;
const { Room } = (await import(`${dist}room.js`)) as typeof import('../../src/sandbox/room.ts');
const { prepareBootSnapshot } = (await import(
  `${dist}boot.js`
)) as typeof import('../../src/sandbox/boot.ts');
const { wrapSource } = (await import(
  `${dist}positions.js`
)) as typeof import('../../src/sandbox/positions.ts');

const { limitsToJson } = (await import(`${dist}prelude.js`)) as typeof import('../../src/sandbox/prelude.ts');

const CONTEXTS_PER_ROOM = 500;
const limits = limitsToJson({
  cpuMs: 1_000,
  maxToolCalls: 1_000,
  maxPendingToolCalls: 256,
  maxToolArgBytes: 2 ** 20,
  maxResultBytes: 2 ** 20,
  maxConsoleBytes: 2 ** 16,
  maxConsoleCalls: 1_000,
  maxErrorBytes: 2 ** 13,
});
prepareBootSnapshot();
let warm: InstanceType<typeof Room> | undefined;
let nonce = 0;

process.on('disconnect', () => process.exit());
process.on(
  'message',
  ({ isolation, source, count }: { isolation: Isolation; source: string; count: number }) => {
    const before = process.cpuUsage();
    const results: string[] = [];
    const callback = (_operation: number, _kind: string, json: string): string => {
      results.push(json);
      return '';
    };
    for (let i = 0; i < count; i++) {
      const room = isolation === 'isolate' ? new Room(32) : warmRoom();
      const wrapped = wrapSource({ filename: 'script.js', source }, String(nonce++));
      const place = room.takePlace();
      const deliver = room.start(place, callback, [wrapped, '{}', limits], 1_000);
      deliver.release();
      place.context.release();
      if (isolation === 'isolate') room.dispose();
    }
    const { user, system } = process.cpuUsage(before);
    process.send?.({ results, cpuUs: user + system });
  },
);

function warmRoom(): InstanceType<typeof Room> {
  if (warm !== undefined && warm.started++ < CONTEXTS_PER_ROOM) return warm;
  warm?.dispose();
  warm = new Room(128, 'warm');
  return warm;
}
