// Seeded random streams of the simulator. Each source of chance has its own stream, so that changing one (say, the routing)
// leaves the draws of the others as they were.
// Source: D. Blackman and S. Vigna, xoshiro128** 1.1 (public domain); seeding by splitmix32.

/** Uniform numbers in [0, 1), 2^53 of them. The same seed and stream give the same numbers everywhere. */
export function createRandom(seed: number, stream: number): () => number {
  const next = splitmix32((seed ^ Math.imul(stream + 1, 0x9e3779b9)) | 0, Math.floor(seed / 2 ** 32) | 0);
  let [a, b, c, d] = [next(), next(), next(), next()];
  const word = (): number => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  return () => ((word() >>> 5) * 67_108_864 + (word() >>> 6)) / 9_007_199_254_740_992;
}

function splitmix32(low: number, high: number): () => number {
  let state = low ^ Math.imul(high, 0x85ebca6b);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
}
