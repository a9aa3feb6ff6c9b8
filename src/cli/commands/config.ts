// enclave config print: every setting as serve, broker and runtime would see it, and where it comes from.
import { Command } from 'commander';
import type { Resolved, Source } from '../../settings/resolve.ts';
import { FIELDS, SETTING_NAMES } from '../../settings/settings.ts';
import type { SettingName } from '../../settings/values.ts';
import { formatDuration, formatSize } from '../../units.ts';
import { brokerOptions, workerOptions } from '../broker-flags.ts';
import { type Io, printableLine, styled } from '../io.ts';
import { toolOptions } from '../open-tools.ts';
import { type FlagValues, readSettings, settingsOptions } from '../settings-flags.ts';

const SCHEMA_VERSION = 1;

export function configCommand(io: Io): Command {
  const print = settingsOptions(workerOptions(brokerOptions(toolOptions(new Command('print')))))
    .description('Shows each setting, its value and where it comes from. Secrets are not shown.')
    .option('--store <kind>', 'memory, or sqlite:FILE')
    .option('--redis <url>', 'redis://[:password@]host:port[/db]')
    .option('--broker <url>', 'URLs of brokers, for a runtime')
    .option('--label <name=value...>', 'labels of a runtime')
    .option('--token-file <file>', 'the token of a runtime')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Weakest to strongest: defaults, --preset, enclave.config.yaml or .ts (--config), ENCLAVE_* variables, flags.

Examples:
  enclave config print --preset large
  ENCLAVE_STREAM_HEARTBEAT=20s enclave config print --json`,
    )
    .action(async (flags: FlagValues) => {
      const resolved = await readSettings(flags, io);
      io.stdout.write(flags['json'] === true ? json(resolved) : await table(resolved, io));
    });
  return new Command('config').description('The settings of serve, broker and runtime.').addCommand(print);
}

function json({ settings, sources }: Resolved): string {
  const shown = SETTING_NAMES.map((name) => {
    const { kind = 'default', name: from = '' } = sources.get(name) ?? {};
    return [
      name,
      { value: masked(name, settings[name]) ?? null, source: kind, ...(from === '' ? {} : { from }) },
    ];
  });
  return `${JSON.stringify({ schemaVersion: SCHEMA_VERSION, settings: Object.fromEntries(shown) }, null, 2)}\n`;
}

async function table({ settings, sources }: Resolved, io: Io): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const rows = SETTING_NAMES.map((name) => [
    name,
    printableLine(format(name, masked(name, settings[name]))),
    printableLine(fromText(sources.get(name))),
  ]);
  const out = new Table({
    head: ['setting', 'value', 'from'].map((title) => styled(io.stdout, 'bold', title)),
    style: { head: [], border: [] },
    // One line a setting.
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  out.push(...rows);
  return `${out.toString()}\n`;
}

function fromText(source: Source | undefined): string {
  switch (source?.kind) {
    case 'preset':
      return `preset ${source.name}`;
    case 'file':
    case 'env':
    case 'flag':
      return source.name;
    default:
      return 'default';
  }
}

/** What must not be seen: secrets, and the password in a URL. */
function masked(name: SettingName, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (FIELDS[name].isSecret === true) return '[secret]';
  return typeof value === 'string' ? value.replace(/(:\/\/[^/@]*:)[^/@]*@/u, '$1[secret]@') : value;
}

function format(name: SettingName, value: unknown): string {
  const { unit } = FIELDS[name];
  if (value === undefined) return '-';
  if (typeof value === 'number' && unit === 'ms') return formatDuration(value);
  if (typeof value === 'number' && unit === 'bytes') return formatSize(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
