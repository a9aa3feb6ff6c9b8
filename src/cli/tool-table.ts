// Tools as a table that fits the terminal: five columns where there is room, else two with the rest stacked.
import Table from 'cli-table3';
import type { ToolDescription } from '../tools/describe-tools.ts';
import { type JsonSchema, schemaToType } from '../tools/schema-to-type.ts';
import { type Output, printable, styled } from './io.ts';

const WIDE = 110;
const NARROWEST = 40;

/** The table, ending in a newline. Names and texts may come from strangers: nothing in them reaches the terminal raw. */
export function toolTable(tools: readonly ToolDescription[], output: Output): string {
  const columns = Math.max(NARROWEST, output.columns);
  const wide = columns >= WIDE;
  const rows = tools.map((tool) => (wide ? wideRow(tool) : narrowRow(tool)));
  const head = wide ? ['tool', 'description', 'arguments', 'result', 'effect'] : ['tool', 'what it does'];
  const widths = wide ? wideWidths(columns, tools) : narrowWidths(columns, tools);
  const table = new Table({
    head: head.map((title) => styled(output, 'bold', title)),
    colWidths: [...widths],
    style: { head: [], border: [] },
  });
  table.push(
    ...rows.map((cells) => cells.map((cell, at) => wrap(printable(cell), (widths[at] ?? 0) - PADDING))),
  );
  return `${table.toString()}\n`;
}

function wideRow(tool: ToolDescription): string[] {
  return [tool.name, tool.description, argsOf(tool), resultOf(tool), effectOf(tool)];
}

function narrowRow(tool: ToolDescription): string[] {
  const lines = [
    tool.description,
    `args: ${argsOf(tool)}`,
    `result: ${resultOf(tool)}`,
    `effect: ${effectOf(tool)}`,
  ];
  return [tool.name, lines.filter((line) => line !== '').join('\n')];
}

function argsOf(tool: ToolDescription): string {
  return typeText(tool.args, 'Args');
}

function resultOf(tool: ToolDescription): string {
  return tool.result === undefined ? 'any' : typeText(tool.result, 'Result');
}

function typeText(schema: JsonSchema, name: string): string {
  const { type, named } = schemaToType(schema, name, 'line');
  return [type, ...named.map((other) => `where ${other.name} = ${other.type}`)].join('\n');
}

/** The effect and whatever else bounds a call. */
function effectOf({ effect, timeoutMs, concurrency, secrets }: ToolDescription): string {
  const parts = [
    effect,
    timeoutMs === undefined ? '' : `${timeoutMs} ms`,
    concurrency === undefined ? '' : `${concurrency} at once`,
    secrets.length === 0 ? '' : `needs ${secrets.join(', ')}`,
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function narrowWidths(columns: number, tools: readonly ToolDescription[]): number[] {
  const name = nameWidth(tools, Math.floor(columns / 3));
  return [name, columns - name - BORDERS - 2];
}

function wideWidths(columns: number, tools: readonly ToolDescription[]): number[] {
  const name = nameWidth(tools, 30);
  const effect = 16;
  const rest = columns - name - effect - BORDERS - 5;
  const text = Math.floor(rest / 3);
  return [name, text, rest - 2 * text, text, effect];
}

/** The left border; each column then brings its own right one. */
const BORDERS = 1;
const PADDING = 2;

/** Breaks lines at spaces; a word longer than the column is broken anywhere, since nothing may be cut off. */
function wrap(text: string, width: number): string {
  const broken = text.split('\n').flatMap((line) => {
    const lines: string[] = [];
    let current = '';
    for (const word of line.split(' ')) {
      const longer = current === '' ? word : `${current} ${word}`;
      if (longer.length <= width) {
        current = longer;
        continue;
      }
      if (current !== '') lines.push(current);
      let rest = word;
      for (; rest.length > width; rest = rest.slice(width)) lines.push(rest.slice(0, width));
      current = rest;
    }
    return [...lines, current];
  });
  return broken.join('\n');
}

function nameWidth(tools: readonly ToolDescription[], most: number): number {
  return Math.min(most, Math.max(6, ...tools.map(({ name }) => name.length)) + PADDING);
}
