import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const server = new McpServer({ name: 'notes', version: '1.0.0' });
server.registerTool(
  'find',
  { description: 'Finds notes', inputSchema: { word: z.string() } },
  ({ word }) => ({
    content: [{ type: 'text', text: `one note about ${word}, read with ${process.env.NOTES_KEY}` }],
  }),
);
await server.connect(new StdioServerTransport());
