// Results of pure scripts, kept for later sessions that ask for the same: opt-in, by source, arguments, limits and tools.
import { createHash } from 'node:crypto';
import type { Store } from '../store/store.ts';
import type { CachePlan, SubmitBody } from './session-request.ts';
import type { ToolListing } from './tool-listing.ts';

/** What of a tool can change a result, by name. */
type Fingerprints = ReadonlyMap<string, string>;

export class ResultCache {
  readonly #store: Store;
  readonly #fingerprints: Fingerprints;

  constructor(store: Store, tools: readonly ToolListing[]) {
    this.#store = store;
    this.#fingerprints = new Map(tools.map((tool) => [tool.name, canonicalJson(tool)]));
  }

  /** Where the result of a submit is kept; `undefined` when it does not ask for it. */
  planOf(body: SubmitBody, tenant: string): CachePlan | undefined {
    const { cacheWish: wish, code, args, language, limits, tools } = body;
    if (wish === undefined) return undefined;
    const usable = tools ?? [...this.#fingerprints.keys()];
    const toolSet = [...new Set(usable)].sort().map((name) => this.#fingerprints.get(name) ?? null);
    // A result of another tenant is found only by who shares, and only if that one shared it.
    const whose = wish.isShared ? { shared: true } : { tenant };
    const identity = canonicalJson({ whose, code, args, language, limits, toolSet });
    return { key: createHash('sha256').update(identity).digest('hex'), ttlMs: wish.ttlMs };
  }

  /** The JSON of a kept result. Without the store nothing is found: the script runs. */
  async find({ key }: CachePlan): Promise<string | undefined> {
    return await this.#store.cacheGet(key);
  }
}

/** JSON with the keys of every object in order: the same for the same value, however it was written. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
