// What a sandbox has to contain. Every probe runs in a process of its own, since several of them end or block it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Peer } from './peers.ts';

export interface Probe {
  readonly name: string;
  readonly source: string;
  /** In a process of its own. */
  readonly judge: (peer: Peer) => Promise<string>;
}

/** A peer that has not come back by then, with 1 s of CPU time allowed, never will. */
const MAX_MS = 12_000;

function probe(name: string, source: string): Probe {
  return { name, source, judge: (peer) => judge(peer.name, name) };
}

export const PROBES: readonly Probe[] = [
  probe('endless loop', 'for (;;);'),
  probe('loop after `await`', 'await null; for (;;);'),
  probe('heap bomb', 'const a = []; for (;;) a.push(new Array(1e4).fill({}));'),
  probe(
    'uncounted memory',
    'const a = []; for (let i = 0; i < 128; i++) a.push(new Uint8Array(2 ** 20).fill(1)); return "got it"',
  ),
  probe('native loop', 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)'),
  probe(
    'host objects',
    `const g = globalThis.constructor.constructor("return typeof process === 'object' && process.pid > 0")();
     if (g) return "got it"; throw new Error("contained");`,
  ),
];

async function judge(peer: string, name: string): Promise<string> {
  const child = spawn(process.execPath, [new URL('probe.ts', import.meta.url).pathname, peer, name], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, MAX_MS);
  await once(child, 'close');
  clearTimeout(timer);
  // Over long ago, and the process still cannot end: a thread of it is stuck.
  if (isLate) return output === '' ? '**blocks the caller**' : '**cannot be stopped**';
  if (output.includes('escaped')) return '**not contained**';
  return output.includes('contained') ? 'contained' : '**ends the caller**';
}
