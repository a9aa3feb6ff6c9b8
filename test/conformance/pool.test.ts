import { createPool } from '../../src/pool/pool.ts';
import { testExecutor } from './executor.ts';

testExecutor({
  name: 'the process pool',
  isolations: ['isolate', 'context'],
  create: (setup) => createPool({ ...setup, poolSize: 1 }),
});
