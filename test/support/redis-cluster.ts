// A Redis Cluster of three masters, each a process of its own.
import { Cluster, Redis } from 'ioredis';
import { startRedis, type TestRedis } from './redis-server.ts';
import { until } from './until.ts';

const SLOTS = 16_384;
const NODES = 3;

export interface TestCluster extends AsyncDisposable {
  readonly nodes: readonly TestRedis[];
  /** A client, to be copied by stores; closed with the cluster. */
  readonly client: Cluster;
}

export async function startCluster(): Promise<TestCluster> {
  await using started = new AsyncDisposableStack();
  const nodes: TestRedis[] = [];
  for (let i = 0; i < NODES; i++)
    nodes.push(
      started.use(
        await startRedis([
          ...['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'],
          // What the other nodes hold goes on being served while one is down.
          ...['--cluster-require-full-coverage', 'no', '--appendonly', 'yes'],
        ]),
      ),
    );
  const admins = nodes.map(({ port }) => {
    const admin = new Redis(port, '127.0.0.1');
    // A node that a test kills is no news to it.
    admin.on('error', () => {});
    return started.adopt(admin, (redis) => redis.disconnect());
  });
  await Promise.all(
    admins.map(async (admin, i) => {
      const from = Math.ceil((SLOTS * i) / NODES);
      await admin.call('CLUSTER', 'ADDSLOTSRANGE', from, Math.ceil((SLOTS * (i + 1)) / NODES) - 1);
      await admin.call('CLUSTER', 'MEET', '127.0.0.1', nodes[0]?.port ?? 0);
    }),
  );
  await until('the nodes agree', async () => {
    const infos = await Promise.all(admins.map(async (admin) => String(await admin.call('CLUSTER', 'INFO'))));
    return infos.every((info) => /cluster_state:ok/u.test(info) && /cluster_known_nodes:3/u.test(info));
  });
  const client = new Cluster(
    nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
    { lazyConnect: true },
  );
  client.on('error', () => {});
  started.defer(() => client.disconnect());
  await client.connect();
  const all = started.move();
  return { nodes, client, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
