// A tool handler that tells of every call how it went. Arguments and results pass through unseen.
import type { Clock } from '../clock.ts';
import type { ToolHandler } from '../execution.ts';
import type { ObserveBroker } from './broker-events.ts';

export function observedTools(handle: ToolHandler, clock: Clock, observe: ObserveBroker): ToolHandler {
  return async (tool, args, context) => {
    const { executionId: sessionId, callId } = context;
    const startMs = clock.nowMs();
    const tell = (isOk: boolean, code?: string) =>
      observe({
        type: 'tool_called',
        sessionId,
        tool,
        callId,
        isOk,
        durationMs: clock.nowMs() - startMs,
        ...(code === undefined ? {} : { code }),
      });
    try {
      const result: unknown = await handle(tool, args, context);
      tell(true);
      return result;
    } catch (thrown) {
      tell(false, codeOf(thrown));
      throw thrown;
    }
  };
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code.slice(0, 64)
    : 'TOOL_FAILED';
}
