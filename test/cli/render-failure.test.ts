import { describe, expect, it } from 'vitest';
import { renderFailure } from '../../src/cli/render-failure.ts';

const output = (columns: number) => ({ write: () => {}, isTty: false, columns, color: false });
const error = { code: 'SCRIPT_ERROR', name: 'Error', message: 'no', line: 1, column: 1 } as const;

/** The marked line and the caret line. */
function marked(source: string, line: number, column: number, columns = 80): [string, string] {
  const text = renderFailure(
    { ...error, line, column },
    { source, name: 'a.js', language: 'js' },
    output(columns),
  );
  const rows = text.split('\n');
  const at = rows.findIndex((row) => row.startsWith('>'));
  return [rows[at] ?? '', rows[at + 1] ?? ''];
}

describe('renderFailure()', () => {
  it('puts the caret under the column', () => {
    const [line, caret] = marked('a\nbcdef\ng', 2, 4);
    expect(line.indexOf('e')).toBe(caret.indexOf('^'));
  });

  it('keeps the caret under the column of a line that is longer than the terminal', () => {
    const [line, caret] = marked(`${'x'.repeat(500)}!${'x'.repeat(500)}`, 1, 501, 60);
    expect(line.length).toBeLessThanOrEqual(60);
    expect(line.indexOf('!')).toBe(caret.indexOf('^'));
  });

  it('counts a tab as one column, as the position does', () => {
    const [line, caret] = marked('\t\tfail()', 1, 3);
    expect(line.indexOf('f')).toBe(caret.indexOf('^'));
  });

  it('makes control characters of the source and the message visible', () => {
    const text = renderFailure(
      { ...error, message: '\u001b[31m' },
      { source: '\u001b]0;x', name: 'a.js', language: 'js' },
      output(80),
    );
    expect(text).not.toContain('\u001b');
  });

  it('says what the code means when there is no message', () => {
    const text = renderFailure(
      { code: 'WALL_TIMEOUT', name: '', message: '' },
      { source: '', name: 'a.js', language: 'js' },
      output(80),
    );
    expect(text).toContain('was not finished at its deadline');
  });
});
