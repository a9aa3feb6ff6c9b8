import { describe, expect, it } from 'vitest';
import { formatProgress, type ProgressView } from '../../src/report/progress-line.ts';

const VIEW: ProgressView = {
  phase: 'steady',
  elapsedS: 15,
  totalS: 60,
  doneRatio: 0.25,
  askedPerSecond: 200,
  donePerSecond: 199,
  p99Us: 41_230,
  inFlightN: 9,
  droppedN: 1,
  failedN: 2,
};

describe('formatProgress()', () => {
  it('shows a bar, rates, p99 and what went wrong where there is room', () => {
    expect(formatProgress(VIEW, 200)).toBe(
      'steady ━━━━━━──────────────────  15/60 s  asked 200/s  done 199/s  p99 41.2 ms  in flight 9  dropped 1  failed 2'.replace(
        '  15/60',
        ' 15/60',
      ),
    );
  });

  it('leaves out what is not known yet, and never wraps', () => {
    const early = { ...VIEW, totalS: null, askedPerSecond: null, donePerSecond: null, p99Us: null };
    expect(formatProgress(early, 80)).toBe('steady 15 s  in flight 9  dropped 1  failed 2');
    for (const columns of [1, 20, 40, 80, 99])
      expect(formatProgress(VIEW, columns).length).toBeLessThan(columns);
  });

  it('keeps the bar within its ends', () => {
    expect(formatProgress({ ...VIEW, doneRatio: 1.5 }, 200)).toContain(`${'━'.repeat(24)} `);
    expect(formatProgress({ ...VIEW, doneRatio: -1 }, 200)).toContain(` ${'─'.repeat(24)}`);
  });
});
