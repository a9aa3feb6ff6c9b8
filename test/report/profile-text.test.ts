import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parsePublishedPlan } from '../../src/planner/check/check-plan.ts';
import { profileTables } from '../../src/planner/profiles/profile-tables.ts';
import { profileText } from '../../src/report/profile-text.ts';

const GUIDES = ['enclave', 'eyeflow', 'azcore', 'stratarouter', 'enzyme'] as const;

function shown(guide: string, columns: number): string {
  const file = new URL(`../../catalogue/profiles/${guide}.json`, import.meta.url);
  const plan = parsePublishedPlan(JSON.parse(readFileSync(file, 'utf8')));
  return profileText(plan, profileTables(plan), { columns, bold: (text) => text });
}

describe('profileText()', () => {
  it.each(GUIDES.flatMap((guide) => [60, 80, 120].map((columns) => [guide, columns] as const)))(
    'fits the tables of %s into %i columns',
    (guide, columns) => {
      for (const line of shown(guide, columns).split('\n'))
        expect(line.length, line).toBeLessThanOrEqual(columns);
    },
  );

  it('breaks headings over lines where they are wider than their cells, the last next to the marks', () => {
    expect(shown('eyeflow', 80)).toContain(`
                                                          with
                                                   load   idle       at
tasks/day      required  recommended    hardware   test  share  3,333/s
                  guide        guide       guide   ours   ours     ours
100,000               1            2   t3.medium      1      1        1
`);
  });

  it('writes each row as a block where even that is too wide', () => {
    expect(shown('azcore', 60)).toContain(`
size small: CPU 1 (guide), GiB 2 (guide), workers 2 (guide),
  workers 2 (ours), LLM calls 5 (guide), per CPU 5 (ours),
`);
  });

  it.each(GUIDES)('has every cell of %s at every width', (guide) => {
    const cells = (text: string) =>
      new Set(text.match(/[\w.,/]*\d[\w.,/]*/gu)?.map((cell) => cell.replace(/,$/, '')));
    const wide = cells(shown(guide, 110));
    for (const cell of cells(shown(guide, 60))) expect(wide).toContain(cell);
  });
});
