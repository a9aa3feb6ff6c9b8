import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/clock.ts';
import {
  CRASHES_PER_TENANT,
  QUARANTINE_MS,
  Quarantine,
  TENANT_WINDOW_MS,
} from '../../src/pool/quarantine.ts';

describe('Quarantine', () => {
  it('refuses a source after its second crash, whoever sends it, until ten minutes have passed', async () => {
    const clock = new ManualClock();
    const quarantine = new Quarantine(clock);
    quarantine.addCrash('bad', 'a');
    expect(quarantine.refusal('bad', 'b')).toBeUndefined();
    quarantine.addCrash('bad', 'b');
    expect(quarantine.refusal('bad', 'c')).toMatch(/this script/u);
    expect(quarantine.refusal('good', 'a')).toBeUndefined();
    await clock.advance(QUARANTINE_MS + 1);
    expect(quarantine.refusal('bad', 'c')).toBeUndefined();
  });

  it('refuses a tenant whose scripts, each another, crash five hosts in a minute, and nobody else', async () => {
    const clock = new ManualClock();
    const quarantine = new Quarantine(clock);
    for (let i = 0; i < CRASHES_PER_TENANT; i++) {
      expect(quarantine.refusal('new', 'a')).toBeUndefined();
      quarantine.addCrash(`source ${i}`, 'a');
    }
    expect(quarantine.refusal('new', 'a')).toMatch(/this tenant/u);
    expect(quarantine.refusal('new', 'b')).toBeUndefined();
    await clock.advance(TENANT_WINDOW_MS + 1);
    expect(quarantine.refusal('new', 'a')).toBeUndefined();
  });
});
