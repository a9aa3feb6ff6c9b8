// What a host must have for each of four sizes, and how far a given host is from it. Pure.

export const PROFILES = ['small', 'medium', 'large', 'xlarge'] as const;
export type ProfileName = (typeof PROFILES)[number];

/** What was read of a host; undefined where it could not be read. */
export interface HostFacts {
  /** Processors, cgroup quota applied. */
  readonly cores: number | undefined;
  /** Bytes, cgroup limit applied. */
  readonly memoryBytes: number | undefined;
  /** Limit on open files of this process. */
  readonly openFiles: number | undefined;
  readonly somaxconn: number | undefined;
  /** The middle number of tcp_mem: pages at which the kernel starts to press. */
  readonly tcpPressurePages: number | undefined;
  /** 1 unless transparent huge pages are `always`. */
  readonly calmHugePages: number | undefined;
  /** Major and minor as 5.15 -> 5015. */
  readonly kernel: number | undefined;
  readonly nodeMajor: number | undefined;
  /** 1 when prlimit is on the path. */
  readonly prlimit: number | undefined;
  /** 1 when Node knows --permission. */
  readonly permissionModel: number | undefined;
}

export interface HostCheck {
  readonly id: keyof HostFacts;
  readonly found: number | null;
  readonly needed: number;
  readonly unit: string;
  /** `unknown` is never ok: what cannot be read is not claimed. */
  readonly state: 'ok' | 'low' | 'unknown';
  /** needed - found; 0 when ok, null when unknown. */
  readonly shortBy: number | null;
  readonly fix: string;
  readonly ifLeft: string;
}

interface Profile {
  readonly cores: number;
  readonly memoryGib: number;
  readonly clients: number;
  readonly toolCalls: number;
}

/** CPU, memory and calls: published Azcore sizes. Clients: published Enzyme sizes; none for XLarge, where Large's hold. */
const SIZES: Readonly<Record<ProfileName, Profile>> = {
  small: { cores: 1, memoryGib: 2, clients: 500, toolCalls: 5 },
  medium: { cores: 2, memoryGib: 4, clients: 5_000, toolCalls: 10 },
  large: { cores: 4, memoryGib: 8, clients: 20_000, toolCalls: 20 },
  xlarge: { cores: 8, memoryGib: 16, clients: 20_000, toolCalls: 50 },
};

/** Of the memory of a machine sold as that size the kernel shows about this share. */
const VISIBLE_MEMORY = 0.93;
/** Sockets of 16,384 bytes in pages of 4,096. */
const PAGES_PER_SOCKET = 4;

/** Every check of one profile, in the order of a host's parts. */
export function checkHost(facts: HostFacts, name: ProfileName): readonly HostCheck[] {
  const size = SIZES[name];
  const files = 2 ** Math.ceil(Math.log2(2 * (size.clients + size.toolCalls + 10 + 256)));
  const pages = size.clients * PAGES_PER_SOCKET;
  const check = (
    id: keyof HostFacts,
    needed: number,
    unit: string,
    fix: string,
    ifLeft: string,
  ): HostCheck => {
    const found = facts[id];
    const state = found === undefined ? 'unknown' : found >= needed ? 'ok' : 'low';
    const shortBy = found === undefined ? null : Math.max(0, needed - found);
    return { id, found: found ?? null, needed, unit, state, shortBy, fix, ifLeft };
  };
  const sysctl = (key: string, value: string): string => `sysctl -w ${key}=${quoted(value)}`;
  return [
    check(
      'cores',
      size.cores,
      'cores',
      'a larger machine, or a higher CPU limit of the container',
      'executions queue sooner; workers beyond the cores only share them',
    ),
    check(
      'memoryBytes',
      Math.floor(size.memoryGib * VISIBLE_MEMORY * 2 ** 30),
      'bytes',
      'a larger machine, or a higher memory limit of the container',
      'the kernel kills host processes in the middle of executions',
    ),
    check(
      'openFiles',
      files,
      'files',
      `LimitNOFILE=${files} in the unit, or ulimit -n ${files}`,
      `connections are refused with EMFILE; ${size.clients} clients are meant to fit`,
    ),
    check(
      'somaxconn',
      4_096,
      'connections',
      sysctl('net.core.somaxconn', '4096'),
      'bursts of new connections are dropped and retried after a second',
    ),
    check(
      'tcpPressurePages',
      pages,
      'pages',
      sysctl('net.ipv4.tcp_mem', `${Math.floor(pages * 0.75)} ${pages} ${Math.floor(pages * 1.5)}`),
      `the kernel shrinks socket buffers below ${size.clients} clients`,
    ),
    check(
      'calmHugePages',
      1,
      '',
      'echo madvise > /sys/kernel/mm/transparent_hugepage/enabled',
      'memory grows and pauses appear, most of all under Redis',
    ),
    check(
      'kernel',
      5_004,
      '',
      'a kernel from 5.4',
      'the listen backlog defaults to 128, and cgroup v2 reports are incomplete',
    ),
    check('nodeMajor', 24, '', 'Node.js 24', 'the sandbox does not start'),
    check(
      'prlimit',
      1,
      '',
      'apt-get install -y util-linux',
      'the address space of host processes cannot be limited by prlimit',
    ),
    check('permissionModel', 1, '', 'Node.js 24', 'host processes keep the rights of their user on files'),
  ];
}

function quoted(value: string): string {
  return value.includes(' ') ? `'${value}'` : value;
}
