import { RemoteExecutor } from '../support/remote-executor.ts';
import { testExecutor } from './executor.ts';

testExecutor({
  name: 'the pool inside its own process',
  isolations: ['isolate', 'context'],
  create: (setup) => new RemoteExecutor({ ...setup, poolSize: 1 }),
});
