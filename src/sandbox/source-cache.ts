// What the worker remembers of sources, so that one which comes again is neither stripped of its types nor compiled again. In
// memory only, made here and keyed by a hash: a cache from outside could hold any code. Tenants share nothing in it, since one
// could learn from the time an execution takes what another has run.
import { hash } from 'node:crypto';
import type ivm from 'isolated-vm';
import { Lru } from './lru.ts';
import type { RunOptions } from './messages.ts';
import { type ScriptFile, wrapSource } from './positions.ts';
import type { Main, Room } from './room.ts';
import { type Stripped, stripTypes } from './typescript.ts';

const MAX_SEEN = 2_000;
const MAX_STRIPPED = 200;
const MAX_STRIPPED_LENGTH = 4e6;
const MAX_CODE = 100;
const MAX_CODE_BYTES = 16e6;
/** Shorter sources gain nothing, measured: in isolate mode, compiling weighs little beside making the isolate. */
const FROM_LENGTH = { context: 500, isolate: 16_000 } as const;

/** What isolated-vm adds to a script compiled with `cachedData` or `produceCachedData`; its types forget it. */
type Compiled = ivm.Script & ivm.CachedDataResult & { readonly cachedDataRejected?: boolean };

export class SourceCache {
  /** Sources that have been run once: most are never seen again, and are not worth keeping. */
  readonly #seen = new Lru<true>(MAX_SEEN, MAX_SEEN);
  readonly #stripped = new Lru<Stripped>(MAX_STRIPPED, MAX_STRIPPED_LENGTH);
  /** V8's code caches, for isolates that have never seen the source. */
  readonly #code = new Lru<ivm.ExternalCopy<ArrayBuffer>>(MAX_CODE, MAX_CODE_BYTES);

  strip(source: string, tenant: string): Stripped {
    const key = keyOf(source, '', tenant);
    const known = this.#stripped.get(key);
    if (known !== undefined) return known;
    const stripped = stripTypes(source);
    if (stripped.kind !== 'broken') this.#stripped.set(key, stripped, 2 * source.length);
    return stripped;
  }

  /** The script as a function of a new context, when its source has come before; the caller releases it. */
  main(file: ScriptFile, options: RunOptions, room: Room, context: ivm.Context): Main | undefined {
    const { isolation, tenant } = options;
    if (file.source.length < FROM_LENGTH[isolation]) return undefined;
    const key = keyOf(file.source, file.filename, tenant);
    if (this.#seen.get(key) === undefined) {
      this.#seen.set(key, true, 1);
      return undefined;
    }
    const script = isolation === 'context' ? this.#inRoom(key, file, room) : this.#fromCode(key, file, room);
    return script?.runSync(context, { reference: true }) as Main | undefined;
  }

  // A script belongs to no context: compiled once, it serves every execution of its tenant in the same isolate.
  #inRoom(key: string, file: ScriptFile, room: Room): ivm.Script | undefined {
    const known = room.scripts.get(key);
    if (known !== undefined) return known;
    const script = compile(room, file, {});
    if (script !== undefined) room.scripts.set(key, script, file.source.length);
    return script;
  }

  #fromCode(key: string, file: ScriptFile, room: Room): ivm.Script | undefined {
    const cachedData = this.#code.get(key);
    if (cachedData !== undefined) {
      const known = compile(room, file, { cachedData });
      // V8 takes it only in isolates that were made in the same way, with a start snapshot or without; then it compiles.
      if (known?.cachedDataRejected === true) this.#code.delete(key);
      return known;
    }
    const script = compile(room, file, { produceCachedData: true });
    if (script?.cachedData !== undefined) this.#code.set(key, script.cachedData, 2 * file.source.length);
    return script;
  }
}

/** `undefined` when it does not compile: the script is then evaluated as text, which says why. */
function compile(room: Room, file: ScriptFile, options: ivm.CachedDataOptions): Compiled | undefined {
  try {
    return room.isolate.compileScriptSync(wrapSource(file, 'kept'), options);
  } catch (thrown) {
    if (room.isolate.isDisposed) throw thrown;
    return undefined;
  }
}

function keyOf(source: string, filename: string, tenant: string): string {
  return hash('sha256', `${tenant.length} ${tenant} ${filename.length} ${filename} ${source}`, 'base64');
}
