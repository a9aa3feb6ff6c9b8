// Sizes of machines as sets of settings, after the profiles of the Enzyme guide. What a preset does not name stays as it is.
import type { Settings } from './values.ts';

const MIB = 2 ** 20;

export const PRESETS: Readonly<Record<PresetName, Partial<Settings>>> = {
  /** 1 vCPU, 2 GB: the guide's defaults. */
  small: {
    'server.readTimeout': 30_000,
    'server.writeTimeout': 60_000,
    'server.idleTimeout': 120_000,
    'stream.heartbeat': 30_000,
    'stream.clientBuffer': 256,
    'sqlite.busyTimeout': 5_000,
    'sqlite.cacheSize': 2_000 * 1_024,
    'sqlite.mmapSize': 0,
    'telemetry.sampleRate': 1,
  },
  /** 4 vCPU, 8 GB. */
  medium: {
    'server.readTimeout': 60_000,
    'server.writeTimeout': 120_000,
    'server.idleTimeout': 120_000,
    'stream.heartbeat': 30_000,
    'stream.clientBuffer': 512,
    'sqlite.busyTimeout': 10_000,
    // One connection does what four do there: their sum.
    'sqlite.cacheSize': 4 * 16_000 * 1_024,
    'sqlite.mmapSize': 128 * MIB,
    'telemetry.sampleRate': 0.5,
  },
  /** 8 vCPU, 16 GB. */
  large: {
    'server.readTimeout': 60_000,
    'server.writeTimeout': 120_000,
    'server.idleTimeout': 300_000,
    'stream.heartbeat': 20_000,
    'stream.clientBuffer': 1_024,
    'sqlite.busyTimeout': 15_000,
    'sqlite.cacheSize': 8 * 64_000 * 1_024,
    'sqlite.mmapSize': 1_024 * MIB,
    'telemetry.sampleRate': 0.1,
  },
};

export type PresetName = 'small' | 'medium' | 'large';
export const PRESET_NAMES = ['small', 'medium', 'large'] as const;
