// A master, its replica and a Sentinel that makes the replica master when the master is gone.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedis } from './find-redis.ts';
import { freePort, startRedis, type TestRedis } from './redis-server.ts';
import { until } from './until.ts';

export interface TestSentinel extends AsyncDisposable {
  readonly master: TestRedis;
  /** A client that asks the Sentinel where the master is; to be copied by stores. */
  readonly client: Redis;
  /** Resolves when the replica has all that the master has. */
  caughtUp(): Promise<void>;
}

const NAME = 'sessions';

export async function startSentinel(): Promise<TestSentinel> {
  await using started = new AsyncDisposableStack();
  const master = started.use(await startRedis());
  const replica = started.use(await startRedis(['--replicaof', '127.0.0.1', `${master.port}`]));
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'enclave-sentinel-'));
  started.defer(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, 'sentinel.conf');
  writeFileSync(
    config,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor ${NAME} 127.0.0.1 ${master.port} 1`,
      `sentinel down-after-milliseconds ${NAME} 500`,
      `sentinel failover-timeout ${NAME} 3000`,
      '',
    ].join('\n'),
  );
  const program = findRedis();
  const child = spawn(program?.command ?? '', [config, '--sentinel'], {
    stdio: 'ignore',
    env: { ...process.env, ...program?.env },
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  started.defer(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  const quiet = (redis: Redis) => {
    redis.on('error', () => {});
    return started.adopt(redis, (each) => each.disconnect());
  };
  const asked = quiet(new Redis(port, '127.0.0.1'));
  await until('the Sentinel knows the replica', async () =>
    JSON.stringify(await asked.call('SENTINEL', 'REPLICAS', NAME).catch(() => '')).includes(
      `${replica.port}`,
    ),
  );
  const onMaster = quiet(new Redis(master.port, '127.0.0.1'));
  const client = quiet(
    new Redis({ sentinels: [{ host: '127.0.0.1', port }], name: NAME, lazyConnect: true }),
  );
  const all = started.move();
  return {
    master,
    client,
    caughtUp: () =>
      until('the replica has everything', async () => Number(await onMaster.wait(1, 1_000)) === 1),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
