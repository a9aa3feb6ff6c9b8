// The commands, each in a file of its own that is loaded only when it is asked for.
import type { Command } from 'commander';
import type { Io } from './io.ts';

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Builds the parser of the command; its action does the work and sets the status through `io.exitWith`. */
  readonly load: () => Promise<(io: Io) => Command>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'run',
    summary: 'run one script in the sandbox',
    load: async () => (await import('./commands/run.ts')).runCommand,
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
    name: 'scenarios',
    summary: 'list, show and check bench scenarios',
    load: async () => (await import('./commands/scenarios.ts')).scenariosCommand,
  },
  {
    name: 'plan',
    summary: 'plan a fleet: instances, cost, and how every number came about',
    load: async () => (await import('./commands/plan.ts')).planCommand,
  },
];
