import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const program = new URL('../fixtures/programs/start-snapshot.ts', import.meta.url).pathname;

interface Look {
  readonly realm: string;
}

describe('a context out of the start snapshot', () => {
  it('is guarded as one without it is, and looks the same to a script', async () => {
    const stdout = await new Promise<string>((resolve) => {
      execFile(process.execPath, ['--no-node-snapshot', program], (_fault, text) => resolve(text));
    });
    const { without, from }: Record<'without' | 'from', Look[]> = JSON.parse(stdout);
    const [first] = without;
    expect(first).toMatchObject({ removed: [], growing: [], resizable: false, own: [], args: 7 });
    expect(first?.realm).toMatch(/^\d{4,} properties/u);
    expect([...without, ...from]).toEqual(Array.from({ length: 8 }, () => first));
  });
});
