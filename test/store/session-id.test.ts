import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createSessionId,
  expandSessionId,
  shortenSessionId,
  timeOfSessionId,
} from '../../src/store/session-id.ts';

describe('session ids', () => {
  it('tell when they were made, as the example of RFC 9562 (appendix A.6) does', () => {
    expect(timeOfSessionId('s_017f22e2-79b0-7cc3-98c4-dc0c0c07398f')).toBe(1_645_557_742_000);
  });

  it('are UUIDs of version 7, each another', () => {
    const ids = Array.from({ length: 1_000 }, () => createSessionId(1_645_557_742_000.9));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) {
      expect(id).toMatch(/^s_017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u);
      expect(timeOfSessionId(id)).toBe(1_645_557_742_000);
    }
  });

  it('of other kinds tell no time', () => {
    expect(timeOfSessionId('s_here-0198')).toBeUndefined();
    expect(timeOfSessionId('s_0b0f2f7e-5b8e-4d3a-9c1a-3f8a2b1c4d5e')).toBeUndefined();
  });

  it('come back whole from their short form, of whatever kind', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(2 ** 45).map(createSessionId), fc.string(), fc.uuid()), (id) => {
        expect(expandSessionId(shortenSessionId(id))).toBe(id);
      }),
    );
    expect(shortenSessionId(createSessionId(1)).length).toBe(22);
  });
});
