// TypeScript declarations of everything a script can see: to put into a language model's prompt, or beside a script in an editor.
import type { ToolDescription } from './describe-tools.ts';
import { blockComment, schemaToType } from './schema-to-type.ts';

/** The globals of a script and one `callTool` overload for each tool. A text that compiles; ends in a newline. */
export function toolDeclarations(tools: readonly ToolDescription[]): string {
  const names = new Set<string>();
  return `${[HEADER, ...tools.map((tool) => declareTool(tool, names))].join('\n\n')}\n`;
}

const HEADER = `// What a script can use. A script is the body of an async function in JavaScript or TypeScript: await and return work
// at its top level; import, require, timers, network and files do not exist.

/** Data given to the script. */
declare const args: any;

/** Runs fn over the items, at most \`concurrency\` (default 16) at a time. Results are in the order of the items. */
declare function parallel<T, R>(
  items: readonly T[],
  fn: (item: T, index: number) => R | Promise<R>,
  options?: { concurrency?: number },
): Promise<R[]>;

/** What a failed tool call throws; catch it and look at \`code\`. */
interface ToolError extends Error {
  readonly name: "ToolError";
  /** INVALID_ARGS, TIMEOUT, RESULT_TOO_LARGE, UNKNOWN_TOOL, TOOL_FAILED, or a code of the tool's own. */
  readonly code: string;
  readonly tool: string;
}`;

function declareTool(tool: ToolDescription, names: Set<string>): string {
  const base = uniqueName(tool.name, names);
  const args = schemaToType(tool.args, `${base}Args`);
  const result = tool.result === undefined ? undefined : schemaToType(tool.result, `${base}Result`);
  const named = [...args.named, ...(result?.named ?? [])].map(
    ({ name, type }) => `type ${name} = ${type};\n`,
  );
  const optional = takesNothing(tool) ? '?' : '';
  const comment = [tool.description.trim(), EFFECT_NOTES[tool.effect]]
    .filter((part) => part !== '')
    .join('\n');
  return [
    ...named,
    blockComment(comment),
    `declare function callTool(name: ${JSON.stringify(tool.name)}, args${optional}: ${args.type}): Promise<${result?.type ?? 'any'}>;`,
  ].join('\n');
}

/** What a model should know before it calls twice. */
const EFFECT_NOTES = {
  read: 'Changes nothing.',
  idempotent: 'Calling it again with the same arguments changes nothing more.',
  once: '',
} as const;

function takesNothing({ args }: ToolDescription): boolean {
  return args['type'] === 'object' && (!Array.isArray(args['required']) || args['required'].length === 0);
}

/** `github:list-issues` as `GithubListIssues`; a number is added where two tools would share one. */
function uniqueName(tool: string, taken: Set<string>): string {
  const words = tool.split(/[^A-Za-z0-9]+/u).filter((word) => word !== '');
  const pascal = words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('');
  const base = /^[A-Za-z]/u.test(pascal) ? pascal : `Tool${pascal}`;
  let name = base;
  for (let n = 2; taken.has(name); n++) name = `${base}${n}`;
  taken.add(name);
  return name;
}
