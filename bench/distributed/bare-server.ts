// What `idle-clients.ts` compares with: an HTTP server without a broker behind it. It opens an event stream for whoever asks
// and says nothing more on it; on SIGTERM it asks all to go elsewhere, as a broker does.
import { createServer, type ServerResponse } from 'node:http';

const open = new Set<ServerResponse>();
const server = createServer((_request, response) => {
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
