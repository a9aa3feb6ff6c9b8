// What a broker is compared with: an HTTP server without one behind it. It opens an event stream for whoever asks and says nothing
// more on it; on SIGTERM it asks all to go elsewhere, as a broker does. To a POST it answers as many bytes as a broker would.
import { createServer, type ServerResponse } from 'node:http';

const open = new Set<ServerResponse>();
const answer = `${JSON.stringify({ sessionId: 's', filler: 'x'.repeat(550) }).slice(0, -1)},"result":2}`;
const server = createServer((request, response) => {
  if (request.method === 'POST') {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      JSON.parse(Buffer.concat(pieces).toString());
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
    });
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(': \n\n');
  open.add(response);
});
process.once('SIGTERM', () => {
  const json =
    '{"protocolVersion":2,"sessionId":"s","seq":0,"ts":0,"type":"reconnect","payload":{"retryMs":1000}}';
  for (const response of open) response.end(`data: ${json}\n\n`);
  server.close();
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening on it'));
