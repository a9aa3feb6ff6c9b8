import { describe, expect, it } from 'vitest';
import { sessionJson, sessionText } from '../../src/broker/session-json.ts';
import type { SessionRecord } from '../../src/store/store.ts';

const record = (final?: string): SessionRecord => ({
  id: 's_1',
  tenant: 'acme',
  state: 'completed',
  route: 'any',
  priority: 'normal',
  labels: { region: 'eu "west"' },
  createdAtMs: 1_764_526_000_123,
  deadlineMs: 1_764_526_300_123,
  attempts: 1,
  lastSeq: 3,
  isCancelled: false,
  ...(final === undefined ? {} : { final }),
});

describe('sessionText()', () => {
  it.each([
    ['running', undefined],
    ['with a result', '{"ok":true,"result":{"a":[1]},"stats":{"attempts":1}}'],
    ['with an error', '{"ok":false,"error":{"code":"SCRIPT_ERROR"},"stats":{"attempts":1}}'],
    ['with a final payload of another order', '{"result":1,"ok":true}'],
  ])('is the text of sessionJson(), a session %s', (_name, final) => {
    expect(sessionText(record(final))).toBe(JSON.stringify(sessionJson(record(final))));
  });
});
