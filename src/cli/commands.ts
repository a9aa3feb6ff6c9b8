// The commands, each in a file of its own that is loaded only when it is asked for.
import type { Command } from 'commander';
import type { Io } from './io.ts';
import type { LatePool } from './late-pool.ts';

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /**
   * Builds the parser of the command; its action does the work and sets the status through `io.exitWith`. What is slow to
   * start and needs no options may be started here; `cleanup` ends it after the command, whatever becomes of that.
   */
  readonly load: (args: readonly string[], cleanup: AsyncDisposableStack) => Promise<(io: Io) => Command>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'run',
    summary: 'run one script in the sandbox',
    load: async (args, cleanup) => {
      const { openLatePool } = await import('./late-pool.ts');
      // The host process boots while the rest of the command line is still being loaded; a broker needs none.
      const start = (): LatePool => cleanup.use(openLatePool());
      const runsHere = !isHelp(args) && !args.some((arg) => arg.startsWith('--broker'));
      const pool = runsHere ? start() : undefined;
      const { runCommand } = await import('./commands/run.ts');
      return (io) => runCommand(io, () => pool ?? start());
    },
  },
  {
    name: 'tools',
    summary: 'list the tools that a script may call',
    load: async () => (await import('./commands/tools.ts')).toolsCommand,
  },
  {
    name: 'bench',
    summary: 'run a scenario and measure latency, throughput and cost',
    load: async () => (await import('./commands/bench.ts')).benchCommand,
  },
  {
    name: 'compare',
    summary: 'compare saved bench runs: better, worse, or cannot tell',
    load: async () => (await import('./commands/compare.ts')).compareCommand,
  },
  {
    name: 'report',
    summary: 'show saved bench runs again: text, Markdown, one HTML page',
    load: async () => (await import('./commands/report.ts')).reportCommand,
  },
  {
    name: 'scenarios',
    summary: 'list, show and check bench scenarios',
    load: async () => (await import('./commands/scenarios.ts')).scenariosCommand,
  },
  {
    name: 'plan',
    summary: 'plan a fleet: instances, cost, and how every number came about',
    load: async () => (await import('./commands/plan.ts')).planCommand,
  },
  {
    name: 'serve',
    summary: 'serve scripts over HTTP: broker and runtime in one process',
    load: async () => (await import('./commands/serve.ts')).serveCommand,
  },
  {
    name: 'broker',
    summary: 'one of any number of brokers on a shared Redis',
    load: async () => (await import('./commands/broker.ts')).brokerCommand,
  },
  {
    name: 'runtime',
    summary: 'run the scripts that a broker hands out',
    load: async () => (await import('./commands/runtime.ts')).runtimeCommand,
  },
  {
    name: 'config',
    summary: 'show each setting of serve, broker and runtime, and where it comes from',
    load: async () => (await import('./commands/config.ts')).configCommand,
  },
  {
    name: 'doctor',
    summary: 'compare this host with four sizes: what is too low and what fixes it',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
];

function isHelp(args: readonly string[]): boolean {
  return args.includes('--help') || args.includes('-h');
}
