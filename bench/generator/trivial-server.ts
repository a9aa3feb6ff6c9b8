// Answers every request that comes in one piece with the same few bytes: cheaper than any client.
import { createServer } from 'node:net';

const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
const server = createServer((socket) => {
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  // One request at a time on each connection, far smaller than a segment.
  socket.on('data', () => socket.write(ANSWER));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' && address !== null ? address.port : 0);
});
process.on('disconnect', () => process.exit(0));
