// The Kubernetes driver against a local server that speaks the part of the API that it uses.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PoolDriver } from '../../src/autoscale/driver.ts';
import { createKubernetesDriver } from '../../src/autoscale/kubernetes-driver.ts';

const PATH = '/apis/apps/v1/namespaces/prod/deployments/enclave-runtime/scale';

/** A deployment behind an API server: replicas, a version that rises with every change, and answers that it can be told to give. */
class FakeApi {
  replicas = 2;
  version = 1;
  token = 'token-one';
  /** Statuses to answer with instead of serving, first come first served; 0 never answers. */
  readonly refusals: number[] = [];
  readonly patches: unknown[] = [];
  readonly server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const refusal = this.refusals.shift();
      if (refusal === 0) return;
      if (refusal !== undefined) return void response.writeHead(refusal).end('{"kind":"Status"}');
      if (request.headers.authorization !== `Bearer ${this.token}`) return void response.writeHead(401).end();
      if (request.url !== PATH) return void response.writeHead(404).end();
      if (request.method === 'PATCH' && !this.#patch(request.headers['content-type'], body))
        return void response.writeHead(409).end('{"kind":"Status"}');
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          kind: 'Scale',
          apiVersion: 'autoscaling/v1',
          metadata: { name: 'enclave-runtime', resourceVersion: `${this.version}` },
          spec: { replicas: this.replicas },
          status: { replicas: this.replicas },
        }),
      );
    });
  });

  #patch(type: string | undefined, body: string): boolean {
    const patch = JSON.parse(body) as { metadata: { resourceVersion: string }; spec: { replicas: number } };
    this.patches.push({ type, replicas: patch.spec.replicas });
    if (patch.metadata.resourceVersion !== `${this.version}`) return false;
    this.scale(patch.spec.replicas);
    return true;
  }

  scale(replicas: number): void {
    this.replicas = replicas;
    this.version++;
  }
}

describe('the Kubernetes driver', () => {
  let api: FakeApi;
  let driver: PoolDriver;
  let folder: string;
  beforeEach(async () => {
    api = new FakeApi();
    await new Promise<void>((resolve) => api.server.listen(0, '127.0.0.1', resolve));
    folder = mkdtempSync(join(tmpdir(), 'enclave-account-'));
    writeFileSync(join(folder, 'token'), `${api.token}\n`);
    writeFileSync(join(folder, 'namespace'), 'prod');
    const address = api.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    driver = createKubernetesDriver({
      deployment: 'enclave-runtime',
      apiUrl: `http://127.0.0.1:${port}`,
      accountFolder: folder,
      timeout: 500,
    });
  });
  afterEach(async () => {
    await driver[Symbol.asyncDispose]();
    api.server.closeAllConnections();
    api.server.close();
    rmSync(folder, { recursive: true });
  });

  it('reads and writes the one number, as the service account', async () => {
    expect(await driver.size()).toBe(2);
    await driver.scaleTo(5);
    expect(api.replicas).toBe(5);
    expect(api.patches).toEqual([{ type: 'application/merge-patch+json', replicas: 5 }]);
    expect(await driver.size()).toBe(5);
  });

  it('takes a token that was replaced', async () => {
    await driver.size();
    api.token = 'token-two';
    await expect(driver.size()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    writeFileSync(join(folder, 'token'), 'token-two');
    expect(await driver.size()).toBe(2);
  });

  it('looks again after a conflict, and leaves a second one to the next check', async () => {
    api.refusals.push(409);
    await driver.scaleTo(4);
    expect(api.replicas).toBe(4);
    api.refusals.push(409, 409);
    await expect(driver.scaleTo(6)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(api.replicas).toBe(4);
  });

  it.each([
    [403, 'FORBIDDEN', /role with get and patch of deployments\/scale/u],
    [404, 'NOT_FOUND', /^$/u],
    [500, 'CONNECTION_LOST', /^$/u],
  ])('tells what a %d means', async (status, code, hint) => {
    api.refusals.push(status);
    await expect(driver.scaleTo(3)).rejects.toMatchObject({ code });
    api.refusals.push(status);
    const thrown: unknown = await driver.size().catch((error: unknown) => error);
    expect(String((thrown as { hint?: string }).hint ?? '')).toMatch(hint);
  });

  it('does not wait for an API that never answers', async () => {
    api.refusals.push(0);
    await expect(driver.size()).rejects.toMatchObject({ code: 'TIMED_OUT' });
    api.server.closeAllConnections();
    api.server.close();
    await expect(driver.size()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });

  it('stands down when somebody else scales the same deployment', async () => {
    await driver.scaleTo(4);
    api.scale(2);
    // Once may be a person; an HPA does it again and again.
    expect(await driver.size()).toBe(2);
    await expect(driver.size()).rejects.toMatchObject({
      code: 'CONFLICT',
      hint: expect.stringContaining('Horizontal'),
    });
  });

  it('says so outside of a pod', () => {
    expect(() => createKubernetesDriver({ deployment: 'x', accountFolder: '/nowhere' })).toThrow(
      /FILE_NOT_READABLE/u,
    );
  });
});
