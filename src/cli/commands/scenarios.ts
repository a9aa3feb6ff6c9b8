// enclave scenarios: lists the shipped scenarios, shows one, checks a file.
import { Command } from 'commander';
import { loadScenario, shippedScenarioNames } from '../../scenario/load-scenario.ts';
import type { Io } from '../io.ts';

export function scenariosCommand(io: Io): Command {
  const command = new Command('scenarios').description('List, show and check bench scenarios.');
  command
    .command('list', { isDefault: true })
    .description('the scenarios that ship with enclave')
    .option('--json', 'as JSON')
    .action((options: { readonly json?: boolean }) => list(options.json === true, io));
  command
    .command('show <name|file>')
    .description('a scenario with its defaults filled in, as JSON')
    .action((name: string) => show(name, io));
  command
    .command('check <file>')
    .description('report every mistake in a scenario file; exit 2 when there is one')
    .action((name: string) => check(name, io));
  return command;
}

async function list(asJson: boolean, io: Io): Promise<void> {
  const names = await shippedScenarioNames();
  const scenarios = await Promise.all(names.map((name) => loadScenario(name, io.cwd)));
  if (asJson) {
    const entries = scenarios.map(({ hash, name, purpose }) => ({ name, purpose, hash }));
    io.stdout.write(`${JSON.stringify(entries)}\n`);
    return;
  }
  const width = Math.max(...names.map((name) => name.length));
  for (const { name, purpose } of scenarios) io.stdout.write(`${name.padEnd(width)}  ${purpose}\n`);
}

async function show(name: string, io: Io): Promise<void> {
  io.stdout.write(`${JSON.stringify(await loadScenario(name, io.cwd), null, 2)}\n`);
}

async function check(name: string, io: Io): Promise<void> {
  const scenario = await loadScenario(name, io.cwd);
  const scripts = scenario.scripts.length;
  io.stdout.write(
    `${scenario.name}: ok (${scripts} ${scripts === 1 ? 'script' : 'scripts'}, ${scenario.load.phases.length} phases, hash ${scenario.hash.slice(0, 12)})\n`,
  );
}
