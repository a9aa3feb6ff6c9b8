// The ports besides the API: figures and health, and the debug port.
import type { Settings } from '../settings/values.ts';
import type { MetricsRegistry } from '../telemetry/registry.ts';
import type { Io } from './io.ts';

export interface SidePortsOptions {
  readonly metrics: MetricsRegistry;
  readonly missing: () => Promise<readonly string[]>;
}

/** Opens what the settings ask for. @throws EnclaveError INVALID_INPUT for a port in use. */
export async function openSidePorts(
  settings: Settings,
  io: Io,
  { metrics, missing }: SidePortsOptions,
): Promise<AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const port = settings['telemetry.metricsPort'];
  if (port !== undefined) {
    const { openStatusServer } = await import('../telemetry/status-server.ts');
    const host = settings['telemetry.metricsHost'];
    const server = opening.use(
      await openStatusServer({ host, port, missing, expose: () => metrics.expose() }),
    );
    io.stderr.write(`metrics on http://${host}:${server.port}/metrics\n`);
  }
  const debugPort = settings['debug.port'];
  if (debugPort !== undefined) {
    const { openDebugPort } = await import('../telemetry/debug-port.ts');
    const server = opening.use(await openDebugPort({ port: debugPort }));
    io.stderr.write(`debug port on http://127.0.0.1:${server.port}\n`);
  }
  return opening.move();
}
