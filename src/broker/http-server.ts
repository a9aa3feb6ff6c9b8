// The server under the HTTP API: how long connections may take and stay, and what is told of each answer.
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { ObserveBroker } from '../telemetry/broker-events.ts';
import type { AnswerEarly } from './early-refusal.ts';
import type { HttpTimes } from './http.ts';
import { operationOf } from './openapi.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whom the caller's key belongs to. */
    tenant: string;
    /** Pattern of the route that serves it; none where there is no such route. */
    route: string | undefined;
  }
}

/** Largest body, bytes. */
const MAX_BODY_BYTES = 2 ** 20;
const MIN_CHECK_MS = 100;
const MAX_CHECK_MS = 30_000;

/** @param answerEarly answers some requests itself, before anything is made of them. */
export function createServer(
  times: HttpTimes,
  observe: ObserveBroker,
  answerEarly: AnswerEarly,
): FastifyInstance {
  const { readMs, writeMs, idleMs } = times;
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    logger: false,
    exposeHeadRoutes: false,
    serverFactory: (route) =>
      createHttpServer(
        {
          requestTimeout: readMs,
          headersTimeout: readMs,
          keepAliveTimeout: idleMs,
          // Node looks for requests that take too long only so often.
          connectionsCheckingInterval: Math.min(MAX_CHECK_MS, Math.max(MIN_CHECK_MS, readMs / 4)),
        },
        (request, response) => {
          if (!answerEarly(request, response)) route(request, response);
        },
      ),
  });
  app.decorateRequest('tenant', '');
  app.decorateRequest('route', undefined);
  app.addHook('onRequest', (request, _reply, done) => {
    // Fastify makes a new object of all its options at every look.
    request.route = request.routeOptions.url;
    done();
  });
  // At the start, so that a route that is not in the document never serves anybody.
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) operationOf(each, url);
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // The answer goes out within this call; most are taken whole by the kernel, and need no watch.
    done();
    if ((reply.raw.socket?.writableLength ?? 0) > 0) limitWrite(reply, writeMs);
  });
  app.addHook('onResponse', (request, reply, done) => {
    done();
    // A stream takes as long as its session; of that the metrics of sessions tell.
    if (reply.raw.getHeader('x-accel-buffering') !== undefined) return;
    const { method, route = 'none' } = request;
    const { statusCode: status, elapsedTime: durationMs } = reply;
    observe({ type: 'responded', method, route, status, durationMs });
  });
  return app;
}

/** Connections on which no request has come yet: node counts them among those in use. */
export function unusedConnections(server: Server): ReadonlySet<Socket> {
  const unused = new Set<Socket>();
  function onClose(this: Socket): void {
    unused.delete(this);
  }
  server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', onClose);
  });
  const onUse = ({ socket }: IncomingMessage) => {
    // Only of the first request on it.
    if (unused.delete(socket)) socket.removeListener('close', onClose);
  };
  server.on('request', onUse);
  server.on('upgrade', onUse);
  return unused;
}

/** Cuts a connection whose reader does not take the answer. */
function limitWrite({ raw }: FastifyReply, writeMs: number): void {
  raw.setTimeout(writeMs, () => raw.destroy());
}
