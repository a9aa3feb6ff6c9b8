// One probe against one peer, in this process: prints `contained` when the caller still works afterwards.
import { peers } from './peers.ts';
import { PROBES } from './probes.ts';

const [peerName, probeName] = process.argv.slice(2);
const peer = peers.find(({ name }) => name === peerName);
const probe = PROBES.find(({ name }) => name === probeName);
if (peer === undefined || probe === undefined) throw new Error('expected the names of a peer and of a probe');
let value: unknown;
try {
  value = await peer.run(probe.source);
} catch {
  // Stopped, which is right.
}
// The next execution, and a timer of the caller, have to work.
await new Promise((resolve) => setTimeout(resolve, 10));
const next = await peer.run('return 42');
console.log(value === 'got it' ? 'escaped' : next === 42 ? 'contained' : 'broken');
process.exit();
