// A Redis Cluster of three masters, with a replica each if wanted; every node is a process of its own.
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

/** @param options.hasReplicas - three more nodes, each of which takes over when its master is gone. */
export async function startCluster({
  hasReplicas = false,
}: {
  readonly hasReplicas?: boolean;
} = {}): Promise<TestCluster> {
  await using started = new AsyncDisposableStack();
  const nodes: TestRedis[] = [];
  const count = hasReplicas ? 2 * NODES : NODES;
  for (let i = 0; i < count; i++)
    nodes.push(
      started.use(
        await startRedis([
          ...['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'],
          // What the other nodes hold goes on being served while one is down.
          ...['--cluster-require-full-coverage', 'no', '--appendonly', 'yes'],
          // A replica is not to wait for others that might want the same copy.
          ...['--repl-diskless-sync-delay', '0'],
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
      if (i < NODES)
        await admin.call('CLUSTER', 'ADDSLOTSRANGE', from, Math.ceil((SLOTS * (i + 1)) / NODES) - 1);
      await admin.call('CLUSTER', 'MEET', '127.0.0.1', nodes[0]?.port ?? 0);
    }),
  );
  await until('the nodes agree', async () => {
    const infos = await Promise.all(admins.map(async (admin) => String(await admin.call('CLUSTER', 'INFO'))));
    return infos.every(
      (info) => /cluster_state:ok/u.test(info) && info.includes(`cluster_known_nodes:${count}`),
    );
  });
  for (const [i, replica] of admins.slice(NODES).entries()) {
    const masterId = String(await admins[i]?.call('CLUSTER', 'MYID'));
    await replica.call('CLUSTER', 'REPLICATE', masterId);
    await until('the replica is linked', async () =>
      /master_link_status:up/u.test(String(await replica.info('replication'))),
    );
  }
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
