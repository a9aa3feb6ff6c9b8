// Puts the settings together: defaults, preset, file, environment, flags, each stronger than the one before. Every source is
// checked whole, also where another overrules it, and everything that is wrong is told at once.
import { invalidInput, type Problem } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { PRESET_NAMES, PRESETS, type PresetName } from './presets.ts';
import { FIELDS, isSettingName, SETTING_NAMES, settingsSchema } from './settings.ts';
import type { SettingName, Settings } from './values.ts';

/** Where a value comes from. */
export interface Source {
  readonly kind: 'default' | 'preset' | 'file' | 'env' | 'flag';
  /** The file, the variable or the flag. */
  readonly name: string;
}

/** What one source says: a flat record, the name in the source for messages, and the preset that it asks for. */
export interface Layer {
  readonly values: ReadonlyMap<string, { readonly value: unknown; readonly source: Source }>;
  readonly preset?: { readonly value: unknown; readonly source: Source };
}

export interface Resolved {
  readonly settings: Settings;
  readonly sources: ReadonlyMap<SettingName, Source>;
}

/**
 * @param layers from the weakest to the strongest.
 * @param found problems found while they were read.
 * @throws EnclaveError INVALID_INPUT with every problem.
 */
export function resolveSettings(layers: readonly Layer[], found: readonly Problem[] = []): Resolved {
  const problems = [...found];
  const values = new Map<string, unknown>();
  const sources = new Map<SettingName, Source>();
  for (const name of SETTING_NAMES) {
    values.set(name, FIELDS[name].fallback);
    sources.set(name, { kind: 'default', name: '' });
  }
  const preset = presetOf(layers, problems);
  if (preset !== undefined)
    for (const [name, value] of Object.entries(PRESETS[preset])) {
      values.set(name, value);
      if (isSettingName(name)) sources.set(name, { kind: 'preset', name: preset });
    }
  for (const layer of layers) {
    for (const [name, value] of checked(layer, problems)) {
      // Limits are many: who sets one means the others to stay.
      values.set(name, name === 'limits' ? { ...objectOf(values.get(name)), ...objectOf(value) } : value);
      const source = layer.values.get(name)?.source;
      if (isSettingName(name) && source !== undefined) sources.set(name, source);
    }
  }
  if (problems.length > 0) throw invalidInput('settings', problems);
  // Every name of the table is there, and each value was made by the schema of its field.
  return { settings: Object.fromEntries(values) as unknown as Settings, sources };
}

function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function checked({ values }: Layer, problems: Problem[]): Map<string, unknown> {
  const parsed = settingsSchema.safeParse(
    Object.fromEntries([...values].map(([name, { value }]) => [name, value])),
  );
  if (parsed.success) return new Map(Object.entries(parsed.data));
  for (const issue of parsed.error.issues) {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0])];
    for (const name of names)
      problems.push(
        issue.code === 'unrecognized_keys'
          ? unknownSetting(name, values.get(name)?.source)
          : { path: pathOf(name, values.get(name)?.source), message: issue.message },
      );
  }
  return new Map();
}

export function unknownSetting(name: string, source: Source | undefined): Problem {
  const last = name.split('.').at(-1);
  const close =
    nearest(name, SETTING_NAMES) ?? SETTING_NAMES.find((setting) => setting.split('.').at(-1) === last);
  return {
    path: pathOf(name, source),
    message: `unknown key${close === undefined ? '' : `; did you mean "${close}"?`}`,
  };
}

/** The name as the user wrote it, and where. */
function pathOf(name: string, source: Source | undefined): string {
  switch (source?.kind) {
    case 'file':
      return `${source.name}: ${name}`;
    case 'env':
    case 'flag':
      return source.name;
    default:
      return name;
  }
}

function presetOf(layers: readonly Layer[], problems: Problem[]): PresetName | undefined {
  const asked = layers.flatMap(({ preset }) => (preset === undefined ? [] : [preset]));
  for (const { value, source } of asked)
    if (!PRESET_NAMES.some((name) => name === value))
      problems.push({
        path: pathOf('preset', source),
        message: `expected one of ${PRESET_NAMES.join(', ')}, got ${JSON.stringify(value)}`,
      });
  const last = asked.at(-1)?.value;
  return PRESET_NAMES.find((name) => name === last);
}
