// The entry `enclave/tools`: tools as data, tools files, MCP servers. Apart from the main entry because it loads zod.
export { toolDeclarations } from './declarations.ts';
export { describeTools, type ToolDescription } from './describe-tools.ts';
export { loadToolsFile } from './load-tools-file.ts';
export {
  type HttpServer,
  loadMcpConfig,
  type McpConfigOptions,
  type McpServer,
  parseMcpConfig,
  type StdioServer,
} from './mcp/config.ts';
export { type McpOptions, type OpenMcpServers, openMcpServers } from './mcp/open-servers.ts';
export type { JsonSchema } from './schema-to-type.ts';
