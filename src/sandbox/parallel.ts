// The global `parallel` of scripts. Never called here: its text is evaluated inside the isolate, before the script begins.

type Parallel = (
  items: Iterable<unknown>,
  work: (item: unknown, index: number) => unknown,
  options: { concurrency?: number } | undefined,
) => Promise<unknown[]>;

export function createParallel(): Parallel {
  const { from, isArray } = Array;
  const NativeTypeError = TypeError;
  const all = Promise.all.bind(Promise);

  return async function parallel(
    items: Iterable<unknown>,
    work: (item: unknown, index: number) => unknown,
    options: { concurrency?: number } | undefined,
  ): Promise<unknown[]> {
    const concurrency = options?.concurrency ?? 16;
    if (typeof work !== 'function')
      throw new NativeTypeError('parallel: expected a function as second argument');
    if (!(concurrency >= 1)) throw new NativeTypeError('parallel: expected a concurrency of at least 1');
    const list: unknown[] = isArray(items) ? items : from(items);
    const results: unknown[] = [];
    let next = 0;
    let failed = false;
    const lane = async (): Promise<void> => {
      while (!failed && next < list.length) {
        const index = next++;
        try {
          results[index] = await work(list[index], index);
        } catch (error) {
          failed = true;
          throw error;
        }
      }
    };
    const lanes: Promise<void>[] = [];
    for (let i = 0; i < concurrency && i < list.length; i++) lanes[i] = lane();
    await all(lanes);
    return results;
  };
}
