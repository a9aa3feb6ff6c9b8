// How a host process is started: which file, with which flags of node and V8, under which bounds of the operating system.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface HostLauncher {
  readonly url: URL;
  readonly execPath: string;
  readonly execArgv: string[];
}

// Built code starts built code, sources start sources.
const HOST_URL = new URL(
  `../sandbox/host${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
);
const PRLIMIT = '/usr/bin/prlimit';
/** The only file a host writes is its mark file of four bytes. */
const MAX_FILE_BYTES = 4_096;

/**
 * isolated-vm wants the first. The sizes are for the heap of our own code: left alone, its young generation doubles now and then
 * until it takes 67 MB, for next to nothing that lives in it. The host takes the last flag back before it makes isolates.
 */
const NODE_FLAGS = [
  '--no-node-snapshot',
  '--max-old-space-size=256',
  '--max-semi-space-size=4',
  '--disable-warning=ExperimentalWarning',
];
/**
 * Make contexts 1.15 to 1.24 times as fast; the price is a fixed hash seed in the host, and no `using` in scripts. Without the
 * last, V8 sums up its start snapshot, which lies in our own memory, for every isolate: a tenth of an isolate's cost.
 */
const V8_FLAGS = [
  '--no-rehash-snapshot',
  '--no-js-explicit-resource-management',
  '--no-verify-snapshot-checksum',
];

/** `maxDataBytes` bounds what the process may allocate in all, where there is `prlimit`. */
export function hostLauncher(maxDataBytes: number): HostLauncher {
  const execArgv = [...NODE_FLAGS, ...V8_FLAGS, ...permissionFlags()];
  if (process.platform !== 'linux' || !existsSync(PRLIMIT))
    return { url: HOST_URL, execPath: process.execPath, execArgv };
  // `prlimit` sets the bounds and becomes node in the same process, so that a host never runs without them. No core files:
  // they are large, and hold what scripts had in memory.
  const bounds = [`--data=${maxDataBytes}`, '--core=0', `--fsize=${MAX_FILE_BYTES}`];
  return { url: HOST_URL, execPath: PRLIMIT, execArgv: [...bounds, '--', process.execPath, ...execArgv] };
}

// Node's permission model: code that has got out of the isolate, but not out of JavaScript, can write no file, start no
// process, and read nothing but the code of the package and of its dependencies. It does not hold against native code.
function permissionFlags(): string[] {
  return [
    '--permission',
    '--allow-addons',
    '--allow-worker',
    // Both of these flags come with a warning; why they are sound here is in docs/sandbox.md.
    '--disable-warning=PERM0001',
    '--disable-warning=PERM0006',
    // The loader of isolated-vm's prebuilt binary looks whether this is Alpine.
    '--allow-fs-read=/etc/alpine-release',
    ...readableFolders().map((folder) => `--allow-fs-read=${join(folder, '*')}`),
  ];
}

function readableFolders(): string[] {
  const packageFolder = dirname(dirname(dirname(fileURLToPath(HOST_URL))));
  const folders = [packageFolder];
  for (let folder = packageFolder; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    // The model looks at where a link leads, and package managers link whole folders.
    if (existsSync(modules)) folders.push(modules, realpathSync(modules));
    if (folder === dirname(folder)) return folders;
  }
}
