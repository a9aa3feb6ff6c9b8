// The settings of a command line: flags over environment over configuration file over preset over defaults.
import type { Command } from 'commander';
import { invalidInput, type Problem } from '../errors.ts';
import { loadConfigFile } from '../settings/config-file.ts';
import { addTexts, environmentLayer, objectLayer } from '../settings/layers.ts';
import { type Layer, type Resolved, resolveSettings, type Source } from '../settings/resolve.ts';
import { FIELDS, SETTING_NAMES } from '../settings/settings.ts';
import type { Io } from './io.ts';
import { readCeilingFlags } from './limit-flags.ts';
import { readPoolFlags } from './pool-flags.ts';

/** Options that every command with settings has. */
export function settingsOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (default: enclave.config.yaml or .ts in this folder)')
    .option('--preset <size>', 'settings for a machine: small (1 vCPU), medium (4), large (8)')
    .option(
      '--set <name=value...>',
      'any setting, such as stream.heartbeat=20s; enclave config print lists them',
    )
    .option('--log-level <level>', 'trace, debug, info, warn, error, silent (default: warn)')
    .option('--metrics-port <n>', 'port of its own for /metrics, /healthz and /readyz')
    .option('--metrics-host <address>', 'address of the metrics port (default: 127.0.0.1)')
    .option('--debug-port <n>', 'port on 127.0.0.1 for profiles and heap snapshots; 0 takes a free one');
}

/** What commander read: each option by its name in camel case. */
export type FlagValues = Readonly<Record<string, unknown>>;

/** @throws EnclaveError INVALID_INPUT with every problem of every source; FILE_NOT_READABLE */
export async function readSettings(flags: FlagValues, io: Io): Promise<Resolved> {
  const problems: Problem[] = [];
  const path = textOf(flags['config']) ?? io.env['ENCLAVE_CONFIG'];
  const file = await loadConfigFile(path, io.cwd);
  const layers = [
    ...(file === undefined ? [] : [objectLayer(file.content, file.name, problems)]),
    environmentLayer(io.env, problems),
    flagLayer(flags, problems),
  ];
  return resolveSettings(layers, problems);
}

function flagLayer(flags: FlagValues, problems: Problem[]): Layer {
  const values = new Map<string, { readonly value: unknown; readonly source: Source }>();
  const texts = flags['set'];
  addTexts(values, Array.isArray(texts) ? texts.map(String) : [], problems);
  for (const name of SETTING_NAMES) {
    const { flag } = FIELDS[name];
    const value = flag === undefined ? undefined : flags[attributeOf(flag)];
    if (value !== undefined) values.set(name, { value, source: { kind: 'flag', name: flag ?? '' } });
  }
  const limits = groupOf(() => readCeilingFlags(flags), problems);
  if (limits !== undefined && values.has('limits'))
    problems.push({ path: '--set', message: 'expected limits by their flags or by --set, got both' });
  if (limits !== undefined) values.set('limits', { value: limits, source: { kind: 'flag', name: 'limits' } });
  const pool = groupOf(() => readPoolFlags(flags), problems);
  if (pool !== undefined) values.set('pool', { value: pool, source: { kind: 'flag', name: '--pool' } });
  const { preset } = flags;
  if (preset === undefined) return { values };
  return { values, preset: { value: preset, source: { kind: 'flag', name: '--preset' } } };
}

/** What a group of flags means together; its problems go to the others. */
function groupOf(read: () => unknown, problems: Problem[]): unknown {
  try {
    return read();
  } catch (thrown) {
    const found = thrown instanceof Error && 'problems' in thrown ? thrown.problems : undefined;
    if (!Array.isArray(found)) throw thrown;
    problems.push(...found);
    return undefined;
  }
}

/** `--api-key-file` is `apiKeyFile` among what commander read. */
function attributeOf(flag: string): string {
  return flag.slice(2).replace(/-(\w)/gu, (_all, letter: string) => letter.toUpperCase());
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Says that one of some settings is needed. */
export function missingSetting(flag: string, expected: string): Error {
  return invalidInput('settings', [{ path: flag, message: `expected ${expected}, got none` }]);
}
