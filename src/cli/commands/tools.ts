// `enclave tools list`: what a script may call, for people, programs and language models.
import { Command } from 'commander';
import type { Io } from '../io.ts';
import { openTools, type ToolFlags, toolOptions } from '../open-tools.ts';
import { OptionReader } from '../option-reader.ts';

/** Version of what `--json` prints. */
export const TOOLS_SCHEMA = 'enclave.tools/1';

interface ListFlags extends ToolFlags {
  readonly json?: true;
  readonly declarations?: true;
}

export function toolsCommand(io: Io): Command {
  const command = new Command().description('Shows the tools that a script may call.');
  toolOptions(command.command('list'))
    .description(
      'Lists tools with their types. No tool is called, and secrets of a tools file are not needed.',
    )
    .option('--json', 'print one JSON document; arguments and results as JSON Schema')
    .option('--declarations', 'print TypeScript declarations, to hand to a language model')
    .addHelpText('after', EXAMPLES)
    .action((flags: ListFlags) => list(flags, io));
  return command;
}

const EXAMPLES = `
Examples:
  enclave tools list --tools tools.ts
  enclave tools list --mcp servers.json
  enclave tools list --tools tools.ts --declarations > tools.d.ts
  enclave tools list --tools tools.ts --json | jq -r '.tools[].name'`;

async function list(flags: ListFlags, io: Io): Promise<void> {
  const read = new OptionReader();
  if (flags.tools === undefined && flags.mcp === undefined)
    read.problem('--tools', 'expected a tools file here, or MCP servers by --mcp, got neither');
  if (flags.json === true && flags.declarations === true)
    read.problem('--json', 'expected one of --json and --declarations, got both');
  read.finish('enclave tools list');
  await using opened = await openTools(flags, io);
  const { describeTools } = await import('../../tools/describe-tools.ts');
  const tools = describeTools(opened.tools);
  if (flags.json === true) {
    io.stdout.write(`${JSON.stringify({ schema: TOOLS_SCHEMA, tools }, null, io.stdout.isTty ? 2 : 0)}\n`);
  } else if (flags.declarations === true) {
    const { toolDeclarations } = await import('../../tools/declarations.ts');
    io.stdout.write(toolDeclarations(tools));
  } else {
    const { toolTable } = await import('../tool-table.ts');
    io.stdout.write(toolTable(tools, io.stdout));
  }
}
