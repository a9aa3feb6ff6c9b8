// A derivation tree as indented text: the number first, then what it was made from.
import type { Explanation } from '../planner/explain.ts';
import { formatCount } from '../units.ts';
import { wrap } from './wrap.ts';

/** The whole answer, ending in a newline. */
export function explainText(explanation: Explanation, columns: number): string {
  return `${linesOf(explanation, 0, Math.max(60, Math.min(110, columns))).join('\n')}\n`;
}

function linesOf(node: Explanation, depth: number, columns: number): string[] {
  const { how, isExplainedAbove, parts, provenance, title, unit, value } = node;
  const indent = '  '.repeat(depth);
  const number = formatCount(value, Math.abs(value) < 1 ? 6 : 3);
  const amount = unit === '/s' ? `${number}/s` : `${number} ${unit}`.trimEnd();
  const words = isExplainedAbove ? 'explained above' : `${how} [${provenance}]`;
  const text = wrap(`${title} = ${amount}: ${words}`, columns - indent.length - 4, '    ');
  return [
    ...text.split('\n').map((line) => `${indent}${line}`),
    ...parts.flatMap((part) => linesOf(part, depth + 1, columns)),
  ];
}
