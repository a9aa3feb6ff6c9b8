import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { captureIo } from './test-io.ts';

const SHOP = 'test/fixtures/tools/shop.ts';

async function list(args: readonly string[], columns = 80) {
  const captured = captureIo({ columns });
  await main(['tools', 'list', ...args], captured.io);
  return { out: captured.out(), err: captured.err(), status: captured.status() };
}

describe('enclave tools list', () => {
  it.each([40, 80, 109, 110, 200])(
    'prints a table that is no wider than %i columns and cuts nothing',
    async (columns) => {
      const { out, status } = await list(['--tools', SHOP], columns);
      expect(status).toBe(0);
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns);
      expect(out).not.toContain('…');
      const text = out.replaceAll(/[^A-Za-z]/gu, '');
      for (const word of ['categories', 'customer', 'invoice', 'children', 'SHOPKEY'])
        expect(text).toContain(word);
    },
  );

  it('prints JSON Schema of arguments as written and of results as read, with the version of the format', async () => {
    const { out } = await list(['--tools', SHOP, '--json']);
    const { schema, tools } = JSON.parse(out);
    expect(schema).toBe('enclave.tools/1');
    expect(tools.map(({ name }: { name: string }) => name)).toEqual(['shop.findOrders', 'categories', 'pay']);
    expect(tools[0]).toMatchObject({
      effect: 'read',
      timeoutMs: 2_000,
      concurrency: 4,
      secrets: ['SHOP_KEY'],
      args: {
        type: 'object',
        required: ['customer'],
        properties: { limit: { type: 'integer', default: 20 } },
      },
      result: { type: 'array' },
    });
    expect(tools[2].result).toBeUndefined();
  });

  it('prints declarations that type-check a script, and find its mistakes', async () => {
    const { out } = await list(['--tools', SHOP, '--declarations']);
    const folder = await mkdtemp(join(tmpdir(), 'enclave-declarations-'));
    try {
      await writeFile(join(folder, 'tools.d.ts'), out);
      await writeFile(join(folder, 'script.ts'), SCRIPT);
      const tsc = new URL('../../node_modules/.bin/tsc', import.meta.url).pathname;
      const flags = ['--noEmit', '--strict', '--target', 'es2024', '--lib', 'es2024', '--types', ''];
      await promisify(execFile)(tsc, [...flags, 'tools.d.ts', 'script.ts'], { cwd: folder }).catch(
        (error) => {
          throw new Error(error.stdout);
        },
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says everything that is wrong with the options at once', async () => {
    const { err, status } = await list(['--json', '--declarations']);
    expect(status).toBe(2);
    expect(err).toContain('--tools');
    expect(err).toContain('--json');
  });

  it('ends with status 2 and the help of the command where there is no subcommand', async () => {
    const { io, err, status } = captureIo();
    await main(['tools'], io);
    expect(status()).toBe(2);
    expect(err()).toContain('list');
  });
});

/** Runs through the compiler beside the declarations: each expected error that does not occur is an error itself. */
const SCRIPT = `
async function script() {
  const orders = await callTool('shop.findOrders', { customer: 'a@example.org', 'sort-by': ['date'] });
  const cents: number | null | undefined = orders[0]?.cents;
  const tree = await callTool('categories');
  const name: string | undefined = tree.children[0]?.children[0]?.name;
  await callTool('pay', { by: 'invoice' });
  const lengths: number[] = await parallel(['a'], async (item, index) => item.length + index, { concurrency: 2 });
  // @ts-expect-error a status that there is not
  await callTool('shop.findOrders', { customer: 'a@example.org', status: 'lost' });
  // @ts-expect-error no customer
  await callTool('shop.findOrders', {});
  // @ts-expect-error a tool that there is not
  await callTool('shop.findOrder', {});
  // @ts-expect-error the result has no such field
  orders[0]?.total;
  return [cents, name, lengths, args.anything];
}
`;
