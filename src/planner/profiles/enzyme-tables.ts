// The Enzyme guide: its three boxes, their memory by its own sum and without the doubtful factor, and its kernel figures.
import { columns, type ProfileRecipe, words } from './profile-table.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const PAGE_BYTES = 4_096;
/** Assumed, see the memory model of the planner: a slot of a channel, and the kernel's buffers of an idle socket. */
const SLOT_BYTES = 24;
const SOCKET_BYTES = 16_384;

export const ENZYME_TABLES: readonly ProfileRecipe[] = [
  {
    needs: [
      'profileNames',
      'profileMemoryGb',
      'profileClients',
      'profileDbConnections',
      'profileCacheKib',
      'profileMmapBytes',
      'profileBuffer',
      'eventBytes',
    ],
    build: (f) => ({
      title: 'Memory of its boxes, GiB',
      formula:
        'its sum = connections x cache + mmap + clients x buffer x event; shared events = connections x cache + mmap + clients x (buffer x 24 B + 16 KiB)',
      columns: columns(
        ['input', 'box'],
        ['published', 'GB'],
        ['published', 'clients'],
        ['computed', 'caches, MB'],
        ['computed', 'its sum'],
        ['computed', 'shared events'],
        ['computed', 'fits by its sum'],
      ),
      rows: f.numbers('profileMemoryGb').map((memory, row) => {
        const at = (name: string) => f.numbers(name)[row] ?? 0;
        const caches = at('profileDbConnections') * at('profileCacheKib') * 1_024;
        const mapped = caches + at('profileMmapBytes');
        const sum = mapped + at('profileClients') * at('profileBuffer') * f.number('eventBytes');
        const shared = mapped + at('profileClients') * (at('profileBuffer') * SLOT_BYTES + SOCKET_BYTES);
        return [
          words(f, 'profileNames')[row] ?? null,
          memory,
          at('profileClients'),
          caches / 1e6,
          sum / GIB,
          shared / GIB,
          sum <= memory * 1e9 ? 'yes' : 'no',
        ];
      }),
    }),
  },
  {
    needs: [
      'boxNames',
      'boxMemoryGb',
      'boxDbConnections',
      'boxCacheKib',
      'boxMmapMib',
      'boxBuffer',
      'usersPerProfile',
    ],
    build: (f) => ({
      title: 'Its profiles, and their memory floor, MiB',
      formula:
        'floor = users x (buffer x 24 B + 16 KiB), without the process itself; reclaimable = connections x cache + mmap',
      columns: columns(
        ['input', 'box'],
        ['published', 'GB'],
        ['published', 'users'],
        ['published', 'connections'],
        ['published', 'cache, KiB'],
        ['published', 'mmap, MiB'],
        ['published', 'buffer'],
        ['computed', 'floor'],
        ['computed', 'reclaimable'],
      ),
      rows: f.numbers('boxMemoryGb').map((memory, row) => {
        const at = (name: string) => f.numbers(name)[row] ?? 0;
        return [
          words(f, 'boxNames')[row] ?? null,
          memory,
          at('usersPerProfile'),
          at('boxDbConnections'),
          at('boxCacheKib'),
          at('boxMmapMib'),
          at('boxBuffer'),
          (at('usersPerProfile') * (at('boxBuffer') * SLOT_BYTES + SOCKET_BYTES)) / MIB,
          (at('boxDbConnections') * at('boxCacheKib')) / 1_024 + at('boxMmapMib'),
        ];
      }),
    }),
  },
  {
    needs: ['boxNames', 'usersPerProfile', 'vcpuPerProfile'],
    build: (f) => ({
      title: 'Users per processor',
      formula: 'users / vCPU',
      columns: columns(
        ['input', 'box'],
        ['published', 'vCPU'],
        ['published', 'users'],
        ['computed', 'users per vCPU'],
      ),
      rows: f.numbers('usersPerProfile').map((users, row) => {
        const vcpu = f.numbers('vcpuPerProfile')[row] ?? 1;
        return [words(f, 'boxNames')[row] ?? null, vcpu, users, users / vcpu];
      }),
    }),
  },
  {
    needs: [
      'defaultDbConnections',
      'defaultCacheKib',
      'printedCacheMb',
      'tcpPagesSeen',
      'tcpConnectionsSeen',
      'printedTcpMb',
    ],
    build: (f) => {
      const cache = (f.number('defaultDbConnections') * f.number('defaultCacheKib') * 1_024) / 1e6;
      const tcp = (f.number('tcpPagesSeen') * PAGE_BYTES) / 1e6;
      return {
        title: 'Defaults and kernel memory, MB',
        formula: 'connections x cache; pages x 4 KiB; the same per connection, in KB',
        columns: columns(['input', 'what'], ['published', 'printed, about'], ['computed', 'formula']),
        rows: [
          ['page caches by default', f.number('printedCacheMb'), cache],
          ['TCP memory in a burst', f.number('printedTcpMb'), tcp],
          ['TCP memory of a connection, KB', null, (tcp * 1_000) / f.number('tcpConnectionsSeen')],
        ],
      };
    },
  },
];
