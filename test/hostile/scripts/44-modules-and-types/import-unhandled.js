// expect: UNHANDLED_REJECTION
import('node:fs');
await callTool('slow');
await callTool('slow');
