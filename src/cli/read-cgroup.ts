// The limits that cgroups put on this process, from its own group up to the root of what is mounted.
import { dirname, join } from 'node:path';

/** What came of reading a file: its text, that it is not there, or that it could not be read. */
export type ReadFile = (path: string) => { readonly text: string } | 'absent' | 'unreadable';

/** A limit; `none` when there is no limit, undefined when that cannot be told. */
export type Limit = number | 'none' | undefined;

export interface CgroupLimits {
  /** Processors. */
  readonly cores: Limit;
  readonly memoryBytes: Limit;
}

const MOUNT = 'sys/fs/cgroup';
/** cgroup v1 writes a huge page-aligned number for no limit. */
const V1_NONE = 2 ** 62;

/** cgroup v2 where it is mounted, else v1; a host that shows neither tells nothing. */
export function readCgroupLimits(read: ReadFile): CgroupLimits {
  const groups = textOf(read('proc/self/cgroup'));
  const isV2 = ['cgroup.controllers', 'cpu.max', 'memory.max'].some(
    (file) => read(`${MOUNT}/${file}`) !== 'absent',
  );
  if (isV2) {
    const folders = levels(MOUNT, /^0::(.*)$/mu.exec(groups ?? '')?.[1] ?? '/');
    return {
      cores: strictest(folders.map((folder) => v2Cores(read(`${folder}/cpu.max`)))),
      memoryBytes: strictest(folders.map((folder) => v2Memory(read(`${folder}/memory.max`)))),
    };
  }
  const v1 = (controller: string, file: string, of: (folder: string) => Limit): Limit => {
    const mount = `${MOUNT}/${controller}`;
    // Without the file in the mount there is no such hierarchy here, and who knows what limits there are.
    if (read(`${mount}/${file}`) === 'absent') return undefined;
    const line = new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, 'mu').exec(groups ?? '');
    // In a container the path may be that of the host, which is not seen there: the mount is the group itself.
    const folders = levels(mount, line?.[1] ?? '/').filter(
      (folder) => read(`${folder}/${file}`) !== 'absent',
    );
    return strictest(folders.map(of));
  };
  return {
    cores: v1('cpu', 'cpu.cfs_quota_us', (folder) =>
      v1Cores(read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`)),
    ),
    memoryBytes: v1('memory', 'memory.limit_in_bytes', (folder) =>
      v1Memory(read(`${folder}/memory.limit_in_bytes`)),
    ),
  };
}

/** The folder of a group and of every group above it, up to the mount. */
function levels(mount: string, path: string): string[] {
  const folders: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    folders.push(at === '/' || at === '.' ? mount : join(mount, at));
    if (at === '/' || at === '.') return folders;
  }
}

/** The least of several limits; a file that cannot be read may hold a lower one than all others. */
function strictest(limits: readonly Limit[]): Limit {
  if (limits.includes(undefined)) return undefined;
  const numbers = limits.filter((limit) => typeof limit === 'number');
  return numbers.length === 0 ? 'none' : Math.min(...numbers);
}

/** A group without the file has no limit of its own: the root, or a controller that is off. */
function v2Cores(file: ReturnType<ReadFile>): Limit {
  if (file === 'absent') return 'none';
  const [quota, period] = (textOf(file) ?? '').split(' ');
  if (quota === 'max') return 'none';
  return ratio(whole(quota), whole(period));
}

function v2Memory(file: ReturnType<ReadFile>): Limit {
  if (file === 'absent') return 'none';
  const text = textOf(file);
  return text === 'max' ? 'none' : whole(text);
}

function v1Cores(quota: ReturnType<ReadFile>, period: ReturnType<ReadFile>): Limit {
  const text = textOf(quota);
  return text === '-1' ? 'none' : ratio(whole(text), whole(textOf(period)));
}

function v1Memory(file: ReturnType<ReadFile>): Limit {
  const bytes = whole(textOf(file));
  return bytes !== undefined && bytes >= V1_NONE ? 'none' : bytes;
}

function ratio(quota: number | undefined, period: number | undefined): number | undefined {
  return quota === undefined || period === undefined || period === 0 ? undefined : quota / period;
}

function textOf(file: ReturnType<ReadFile>): string | undefined {
  return typeof file === 'string' ? undefined : file.text;
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/u.test(text) ? Number(text) : undefined;
}
