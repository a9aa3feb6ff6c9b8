// Process entry: the laws behind HTTP, one fresh server for each path `/law/attempt`. Started by law-server.ts; ends with its parent.
import { createServer } from 'node:http';
import process from 'node:process';
import { realClock } from '../../clock.ts';
import { createThreadWaker } from '../waker.ts';
import { fineClock } from './fine-clock.ts';
import { LawTarget } from './law-target.ts';
import { LAWS } from './laws.ts';

const clock = fineClock(realClock, await createThreadWaker(realClock, 0));
const server = createServer((request, response) => {
  const target = targetOf(request.url ?? '');
  if (target === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.setHeader('content-type', 'application/x-ndjson');
  const ignore = (): void => {};
  const line = (): void => void response.write('{}\n');
  const watch = { connected: ignore, first: ignore, line, toolCall: ignore, onCancel: ignore };
  void target.execute(undefined, watch).then(() => response.end());
});
const targets = new Map<string, LawTarget>();

function targetOf(path: string): LawTarget | undefined {
  const known = targets.get(path);
  const [, number] = /^\/(\d+)\/[1-9]$/u.exec(path) ?? [];
  const law = number === undefined ? undefined : LAWS[Number(number)];
  if (known !== undefined || law === undefined) return known;
  const target = new LawTarget(law, clock);
  targets.set(path, target);
  return target;
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
process.on('disconnect', () => process.exit(0));
// The parent decides when an interrupted self-test ends: Ctrl-C reaches the whole group.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
