// Rules found in the Enzyme guide: memory of host profiles, kernel limits, connections.
import { type Facts, type Rule, show, when } from './rule.ts';

const GIB = 2 ** 30;
const PAGE = 4_096;
const DEFAULT_DESCRIPTORS = 1_024;

/** The guide's own sum for one profile, bytes: caches + mmap + clients x buffer x event. */
function memorySum(f: Facts, row: number): number {
  const at = (name: string) => f.numbers(name)[row] ?? 0;
  const caches = at('profileDbConnections') * at('profileCacheKib') * 1_024;
  return (
    caches + at('profileMmapBytes') + at('profileClients') * at('profileBuffer') * f.number('eventBytes')
  );
}

const MEMORY = [
  'profileDbConnections',
  'profileCacheKib',
  'profileMmapBytes',
  'profileClients',
  'profileBuffer',
  'eventBytes',
];

export const ENZYME_RULES: readonly Rule[] = [
  {
    id: 'ENZ-01',
    severity: 'error',
    needs: [...MEMORY, 'profileMemoryGb'],
    test: (f) => {
      const sums = f
        .numbers('profileMemoryGb')
        .map((memory, row) => ({ memory, gib: memorySum(f, row) / GIB }));
      return when(
        sums.some(({ gib, memory }) => gib > memory),
        `the sum with ${f.number('eventBytes')}-byte events: ${sums.map(({ gib, memory }) => `${show(gib)} GiB on a ${memory} GB box`).join(', ')}`,
      );
    },
    fix: 'count events once when they are shared; keep the sum below 85 % of the memory',
  },
  {
    id: 'ENZ-02',
    severity: 'error',
    needs: ['memorySumCountsEvents', 'eventsAreShared'],
    test: (f) =>
      when(
        f.text('memorySumCountsEvents') === 'per client' && f.text('eventsAreShared') === 'yes',
        'the sum multiplies clients by the bytes of an event, yet events are serialised once and shared by all of them',
      ),
    fix: 'clients x buffer x slot, and the events in the window once',
  },
  {
    id: 'ENZ-03',
    severity: 'warning',
    needs: ['profileClients', 'telemetryClients'],
    test: (f) => {
      const [elsewhere, telemetry] = [f.numbers('profileClients'), f.numbers('telemetryClients')];
      return when(
        telemetry.some((users, row) => users !== elsewhere[row]),
        `profiles have ${telemetry.map((n) => show(n)).join(' and ')} users under telemetry, ${elsewhere.map((n) => show(n)).join(' and ')} elsewhere`,
      );
    },
    fix: 'one number of users for each profile',
  },
  {
    id: 'ENZ-04',
    severity: 'error',
    needs: ['tcpMemShown', 'tcpMemAdvised'],
    test: (f) => {
      const ratios = f.numbers('tcpMemShown').map((shown, i) => shown / (f.numbers('tcpMemAdvised')[i] ?? 1));
      return when(
        ratios.some((ratio) => ratio > 1),
        `tcp_mem "increased" to ${f.numbers('tcpMemAdvised').join('/')} is ${ratios.map((ratio) => `${show(ratio, 3)}x`).join(', ')} below the ${f.numbers('tcpMemShown').join('/')} shown`,
      );
    },
    fix: 'only ever raise tcp_mem',
  },
  {
    id: 'ENZ-05',
    severity: 'error',
    needs: ['tcpPagesSeen', 'tcpConnectionsSeen', 'profileClients', 'tcpMemAdvised'],
    test: (f) => {
      const bytes = (f.number('tcpPagesSeen') * PAGE) / f.number('tcpConnectionsSeen');
      const clients = Math.max(...f.numbers('profileClients'));
      const pages = (clients * bytes) / PAGE;
      const pressure = f.numbers('tcpMemAdvised')[1] ?? 0;
      return when(
        pages > pressure,
        `at ${show(bytes / 1_000, 3)} KB each ${show(clients)} clients need ${show(pages)} pages, above the advised pressure value ${show(pressure)}`,
      );
    },
    fix: 'pressure above the pages of the largest profile',
  },
  {
    id: 'ENZ-06',
    severity: 'warning',
    needs: ['usersPerProfile', 'vcpuPerProfile', 'smallConnections'],
    test: (f) => {
      const each = f
        .numbers('usersPerProfile')
        .map((users, i) => users / (f.numbers('vcpuPerProfile')[i] ?? 1));
      return when(
        Math.max(...each) > 1.5 * Math.min(...each),
        `users per vCPU ${each.map((n) => show(n)).join(', ')}; the smallest box has ${show(f.number('usersPerProfile'))} users but carries ${show(f.number('smallConnections'))} connections`,
      );
    },
    fix: 'say what binds each profile',
  },
  {
    id: 'ENZ-07',
    severity: 'error',
    needs: ['profileClients', 'profileDescriptors'],
    test: (f) => {
      const low = f.numbers('profileClients').map((clients, row) => ({
        clients,
        limit: f.numbers('profileDescriptors')[row] ?? DEFAULT_DESCRIPTORS,
      }));
      const wrong = low.filter(({ clients, limit }) => clients > limit);
      return when(
        wrong.length > 0,
        wrong
          .map(
            ({ clients, limit }) => `${show(clients)} clients against a limit of ${show(limit)} descriptors`,
          )
          .join('; '),
      );
    },
    fix: 'LimitNOFILE = 2 x (clients + upstream + database + 256), up to a power of two',
  },
  {
    id: 'ENZ-08',
    severity: 'error',
    needs: ['nginxConnections', 'profileClients', 'vcpuPerProfile'],
    test: (f) => {
      const each = f.number('nginxConnections') / 2;
      const workers = f.numbers('vcpuPerProfile').at(-1) ?? 1;
      const clients = Math.max(...f.numbers('profileClients'));
      return when(
        each * workers < clients,
        `${show(f.number('nginxConnections'))} connections, two for each proxied client: ${show(each)} per nginx worker; ${workers} workers hold ${show(each * workers, 5)} of ${show(clients)}`,
      );
    },
    fix: 'worker_connections of at least 2 x clients / workers',
  },
  {
    id: 'ENZ-09',
    severity: 'warning',
    needs: ['tcpConnectionsSeen', 'tcpServerGb', 'profileClients', 'profileMemoryGb'],
    test: (f) => {
      const row = f.numbers('profileClients').indexOf(f.number('tcpConnectionsSeen'));
      const memory = f.numbers('profileMemoryGb')[row];
      return when(
        memory !== undefined && memory !== f.number('tcpServerGb'),
        `${show(f.number('tcpConnectionsSeen'))} connections on a ${f.number('tcpServerGb')} GB server here, on ${memory} GB in the profile`,
      );
    },
    fix: 'say what the larger box is needed for',
  },
];
