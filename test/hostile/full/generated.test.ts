import { testGenerated } from '../generated.ts';

// Other attacks in every run; a failure is repeated with HOSTILE_SEED and the seed that the title of the test tells.
const { HOSTILE_SEED, HOSTILE_COUNT } = process.env;

testGenerated(Number(HOSTILE_COUNT ?? 2_000), Number(HOSTILE_SEED ?? Math.floor(Math.random() * 2 ** 31)));
