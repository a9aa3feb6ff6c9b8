// Log lines of a process, JSON, one a line. Only what is listed here is ever logged: never a header, a script, an argument,
// a result or a line of console output. Known secrets are cut out of every line all the same.
import { type Logger, pino } from 'pino';
import type { Clock } from '../clock.ts';
import { createMask } from '../tools/mask.ts';
import type { BrokerEvent, ObserveBroker } from './broker-events.ts';
import type { LogThreshold } from './log-levels.ts';

export type Log = Logger;

export interface LogOptions {
  readonly level: LogThreshold;
  /** Takes each line, newline included. */
  readonly write: (line: string) => void;
  /** Values that must not be in any line, however they come there. */
  readonly secrets?: readonly string[];
  /** In every line, such as which part of enclave speaks. */
  readonly base?: Readonly<Record<string, string>>;
}

/** Values of these keys are cut, wherever they are: the net under the rule that nobody logs them. */
const SECRET_KEYS = ['authorization', 'apiKey', 'token', 'password', 'secret', 'secrets', 'source', 'args'];

export function createLog({ level, write, secrets = [], base = {} }: LogOptions): Log {
  const mask = createMask(secrets);
  return pino(
    {
      level,
      base,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[secret]' },
      hooks: { streamWrite: (line) => mask.text(line) },
    },
    { write },
  );
}

/** The same failure is told once in so long, with how often it came, ms. */
const QUIET_MS = 1_000;

/** Writes what happens in a broker to its log: what an operator must see as `warn`, each session as `debug`. */
export function logBrokerEvents(log: Log, clock: Clock): ObserveBroker {
  const quiet = new Quiet(clock);
  /** What happens for every session costs next to nothing while nobody wants to read it. */
  const tell = (level: 'trace' | 'debug', event: BrokerEvent, text: string = event.type) => {
    if (log.isLevelEnabled(level)) log[level](fieldsOf(event), text);
  };
  return (event) => {
    switch (event.type) {
      case 'runtime_joined':
        log.info(fieldsOf(event), 'runtime joined');
        return;
      case 'runtime_left':
        if (event.wasDraining) log.info(fieldsOf(event), 'runtime left');
        else log.warn(fieldsOf(event), 'runtime lost');
        return;
      case 'in_doubt':
        log.warn(fieldsOf(event), 'the outcome of a tool call is not known');
        return;
      case 'stale_write':
        quiet.say(event.type, (times) => log.warn({ ...fieldsOf(event), times }, 'stale write refused'));
        return;
      case 'refused':
        quiet.say(event.reason, (times) => log.warn({ ...fieldsOf(event), times }, 'submit refused'));
        return;
      case 'stream_closed':
        if (event.wasCut) log.warn(fieldsOf(event), 'slow client cut');
        else tell('trace', event, 'stream closed');
        return;
      case 'store_called':
        if (!event.isOk)
          quiet.say(event.operation, (times) => log.error({ ...fieldsOf(event), times }, 'store failed'));
        return;
      case 'stream_written':
        return;
      case 'fault':
        log.error(fieldsOf(event), 'fault');
        return;
      case 'cache_asked':
      case 'stream_opened':
      case 'responded':
        tell('trace', event);
        return;
      default:
        tell('debug', event);
    }
  };
}

function fieldsOf(event: BrokerEvent): object {
  const { type: _type, ...fields } = event;
  return fields;
}

class Quiet {
  readonly #clock: Clock;
  /** By kind: when it was told last, and how often it came since. Kinds are few: codes and names of operations. */
  readonly #told = new Map<string, { atMs: number; times: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  say(kind: string, tell: (times: number) => void): void {
    const nowMs = this.#clock.nowMs();
    const last = this.#told.get(kind);
    if (last !== undefined && nowMs - last.atMs < QUIET_MS) {
      last.times++;
      return;
    }
    tell((last?.times ?? 0) + 1);
    this.#told.set(kind, { atMs: nowMs, times: 0 });
  }
}
