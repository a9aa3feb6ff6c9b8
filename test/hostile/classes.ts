// The classes of attacks: what each may end in, what stops it, and which script stands for it in `npm test`.
import type { OutcomeCode } from '../../src/errors.ts';

/** A code of an outcome, or `ok` for a script that ends well because its attack has no effect. */
export type Ending = OutcomeCode | 'ok';

export interface HostileClass {
  /** Name of its folder; begins with its number. */
  readonly folder: string;
  readonly title: string;
  /** Every ending the class allows; each script allows a part of them. */
  readonly endings: readonly Ending[];
  /** What stops it, for docs/hostile-corpus.md. */
  readonly stoppedBy: string;
  /** The script that runs in `npm test`. */
  readonly representative: string;
}

const KILLED = ['SANDBOX_CRASHED', 'UNRESPONSIVE_KILLED'] as const;
/** Memory taken faster than V8 counts it: which of the bounds is reached first depends on the machine. */
const BOMB = ['MEMORY_LIMIT', 'CPU_TIMEOUT', ...KILLED] as const;

function of(
  folder: string,
  title: string,
  endings: readonly Ending[],
  stoppedBy: string,
  representative: string,
): HostileClass {
  return { folder, title, endings, stoppedBy, representative };
}

export const CLASSES: readonly HostileClass[] = [
  of('01-synchronous-loop', 'synchronous loop', ['CPU_TIMEOUT'], 'time-out of each entry', 'for-ever.js'),
  of(
    '02-microtask-loop',
    'microtask loop',
    ['CPU_TIMEOUT', 'ok'],
    'the same: microtasks belong to the entry',
    'await-null.js',
  ),
  of(
    '03-loop-after-reply',
    'loop after a tool reply',
    ['CPU_TIMEOUT'],
    'CPU time is summed over all entries',
    'for-ever.js',
  ),
  of(
    '04-regex-backtracking',
    'regular expression that backtracks',
    ['CPU_TIMEOUT'],
    'time-out of each entry',
    'nested-plus.js',
  ),
  of(
    '05-callback-loop',
    'loop in a callback of a built-in',
    ['CPU_TIMEOUT'],
    'time-out of each entry',
    'sort-comparator.js',
  ),
  of('06-native-scan', 'repeated native scan', ['CPU_TIMEOUT'], 'time-out of each entry', 'string-search.js'),
  of(
    '07-uninterruptible-native',
    'native call that cannot be interrupted',
    KILLED,
    'watchdog in the host, SIGKILL from outside',
    'index-of.js',
  ),
  of(
    '08-bigint-power',
    'arithmetic with huge BigInts',
    [...KILLED, 'CPU_TIMEOUT', 'SCRIPT_ERROR'],
    'watchdog; V8 refuses the largest',
    'to-string.js',
  ),
  of(
    '09-sparse-fill',
    'huge sparse array',
    ['SCRIPT_ERROR', ...BOMB],
    'isolate limit, memory net, or the host dies',
    'fill.js',
  ),
  of(
    '10-wide-parse',
    'wide JSON text',
    BOMB,
    'isolate limit, memory net, or the host dies',
    'empty-arrays.js',
  ),
  of('11-map-growth', 'table that doubles', BOMB, 'memory net, or the host dies', 'map.js'),
  of(
    '12-array-from',
    'endless array from an iterable',
    BOMB,
    'isolate limit, memory net, or the host dies',
    'length-only.js',
  ),
  of(
    '13-symbol-registry',
    'growth of the symbol registry',
    BOMB,
    'CPU limit, memory net, or the host dies',
    'growth.js',
  ),
  of(
    '14-heap-bombs',
    'objects, closures, promises, classes without end',
    ['MEMORY_LIMIT', 'CPU_TIMEOUT'],
    'heap limit of the isolate',
    'objects.js',
  ),
  of('15-flat-string', 'flat strings', BOMB, 'heap limit, memory net of the host', 'doubled-and-split.js'),
  of(
    '16-string-length',
    'impossible lengths',
    ['SCRIPT_ERROR'],
    'V8: a RangeError that can be caught',
    'repeat.js',
  ),
  of(
    '17-typed-arrays',
    'typed arrays',
    ['SCRIPT_ERROR', 'MEMORY_LIMIT', 'CPU_TIMEOUT'],
    'counted against the isolate limit',
    'mebibytes.js',
  ),
  of(
    '18-uncounted-buffers',
    'memory that V8 does not count',
    ['SCRIPT_ERROR'],
    'guard: resizable buffers are gone',
    'resize.js',
  ),
  of(
    '19-removed-globals',
    'removed globals',
    ['SCRIPT_ERROR', 'ok'],
    'guard: WebAssembly, shared memory, weak references are gone',
    'wasm-memory.js',
  ),
  of(
    '20-guard-bypass',
    'ways around the guard',
    ['ok'],
    'guard: prototype and constructor are replaced as well',
    'constructor-of-a-view.js',
  ),
  of(
    '21-icu-memory',
    'native memory of Intl',
    ['CPU_TIMEOUT'],
    'CPU limit, memory net of the host',
    'date-time-format.js',
  ),
  of(
    '22-recursion',
    'recursion, depth of parsers',
    ['SCRIPT_ERROR', 'SYNTAX_ERROR', 'MEMORY_LIMIT', 'ok'],
    'V8: a RangeError that can be caught',
    'plain.js',
  ),
  of(
    '23-looping-result-hooks',
    'hooks that run while the result is written',
    ['CPU_TIMEOUT', 'RESULT_NOT_SERIALIZABLE'],
    'the result is written inside the entry',
    'to-json.js',
  ),
  of(
    '24-thenable-results',
    'thenable results',
    ['WALL_TIMEOUT', 'CPU_TIMEOUT', 'SCRIPT_ERROR', 'ok'],
    'wall and CPU limits',
    'never-settles.js',
  ),
  of(
    '25-unserialisable-results',
    'results that are not JSON',
    ['RESULT_NOT_SERIALIZABLE', 'ok'],
    'described inside the isolate',
    'cycle.js',
  ),
  of(
    '26-shared-structure',
    'shared structure that explodes when written',
    ['CPU_TIMEOUT'],
    'written inside the entry',
    'doubled-arrays.js',
  ),
  of(
    '27-huge-results',
    'huge results',
    ['RESULT_TOO_LARGE', 'MEMORY_LIMIT', 'ok'],
    'size is checked before the text crosses',
    'ten-megabytes.js',
  ),
  of(
    '28-huge-arguments',
    'huge tool arguments and names',
    ['TOOL_ARGS_TOO_LARGE', 'MEMORY_LIMIT', 'TOOL_ERROR', 'ok'],
    'size is checked before the text crosses',
    'two-megabytes.js',
  ),
  of(
    '29-deep-nesting',
    'deep nesting',
    ['SCRIPT_ERROR', 'RESULT_NOT_SERIALIZABLE', 'TOOL_ERROR', 'ok'],
    'written inside; the text is forwarded, never written again',
    'arrays-as-a-result.js',
  ),
  of(
    '30-huge-errors',
    'huge error texts',
    ['SCRIPT_ERROR', 'UNHANDLED_REJECTION'],
    'cut inside the isolate and again outside',
    'message.js',
  ),
  of(
    '31-odd-throws',
    'odd throws',
    ['SCRIPT_ERROR'],
    'described inside the isolate, each read guarded',
    'proxy-whose-traps-throw.js',
  ),
  of(
    '32-looping-errors',
    'errors whose description loops',
    ['CPU_TIMEOUT', ...KILLED],
    'described inside the entry; else the watchdog',
    'message-getter.js',
  ),
  of(
    '33-unhandled-rejections',
    'unhandled rejections',
    ['UNHANDLED_REJECTION', 'ok', 'CPU_TIMEOUT'],
    'an outcome, or a warning behind one',
    'before-a-tool.js',
  ),
  of(
    '34-abandoned-tool-calls',
    'abandoned tool calls',
    ['TOOL_ERROR', 'UNHANDLED_REJECTION', 'ok'],
    'the promise of a call counts as handled',
    'awaited-late.js',
  ),
  of(
    '35-forged-texts',
    'texts of the engine, forged',
    ['UNHANDLED_REJECTION', 'SCRIPT_ERROR'],
    'time used and state of the isolate decide, not the text',
    'time-out.js',
  ),
  of(
    '36-console-floods',
    'console floods',
    ['CPU_TIMEOUT', 'ok'],
    'console limit: the text is cut',
    'one-huge-line.js',
  ),
  of(
    '37-tool-floods',
    'tool floods',
    ['TOOL_CALL_LIMIT'],
    'count of calls; final even when caught',
    'for-ever.js',
  ),
  of(
    '38-silence',
    'silence',
    ['WALL_TIMEOUT', 'TOOL_ERROR'],
    'wall deadline and deadline of each call',
    'tool-that-never-answers.js',
  ),
  of(
    '39-poisoned-built-ins',
    'poisoned built-ins',
    ['ok', 'TOOL_ERROR', 'SCRIPT_ERROR'],
    'the prelude captured what it needs',
    'promise-then.js',
  ),
  of(
    '40-wrapper-escapes',
    'escapes from the wrapper',
    ['ok', 'SCRIPT_ERROR', 'SYNTAX_ERROR', 'CPU_TIMEOUT'],
    'evaluated indirectly: no name of the prelude is in scope',
    'close-and-look-around.js',
  ),
  of(
    '41-constructor-chains',
    'constructor chains',
    ['ok', 'TOOL_CALL_LIMIT'],
    'all that a script can reach is of its own realm',
    'call-tool.js',
  ),
  of(
    '42-stack-leaks',
    'leaks through stacks',
    ['ok', 'SCRIPT_ERROR', 'TOOL_ERROR', 'RESULT_NOT_SERIALIZABLE', 'UNHANDLED_REJECTION'],
    'frames of the script only',
    'tool-error.js',
  ),
  of(
    '43-left-state',
    'state for the next execution',
    ['ok', 'CPU_TIMEOUT'],
    'a fresh context for every execution',
    'prototypes.js',
  ),
  of(
    '44-modules-and-types',
    'modules and types',
    ['SCRIPT_ERROR', 'SYNTAX_ERROR', 'UNHANDLED_REJECTION', 'ok'],
    'no module loader; the type stripper is replaced when it breaks',
    'dynamic-import.js',
  ),
];
