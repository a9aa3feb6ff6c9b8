// enclave doctor: is this host large enough, and what would make it so.
import { Command } from 'commander';
import { maskSecret } from '../../bench/machine.ts';
import { checkHost, type HostCheck, PROFILES, type ProfileName } from '../../deploy/host-profiles.ts';
import { checkRedis, type RedisCheck } from '../../deploy/redis-checks.ts';
import { EnclaveError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import { wrap } from '../../report/wrap.ts';
import { formatSize } from '../../units.ts';
import type { Io } from '../io.ts';
import { OptionReader } from '../option-reader.ts';
import { readHost } from '../read-host.ts';

const THRESHOLD_FAILED = 99;

export function doctorCommand(io: Io): Command {
  return new Command('doctor')
    .description('Compare this host with four sizes: what is too low, by how much, and what fixes it.')
    .option('--profile <name>', `size that must be met: ${PROFILES.join(', ')}`, 'small')
    .option('--redis <url>', 'also the settings of this Redis; nothing in it is changed')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
What cannot be read is unknown, and unknown is never ok.
Exit status: 0 every check of the size is ok, 2 bad input, 99 one is too low or unknown.`,
    )
    .action((flags: DoctorFlags) => doctor(flags, io));
}

interface DoctorFlags {
  readonly profile: string;
  readonly redis?: string;
  readonly json?: boolean;
}

async function doctor(flags: DoctorFlags, io: Io): Promise<void> {
  const reader = new OptionReader();
  const profile = readProfile(flags.profile, reader);
  if (flags.redis !== undefined && !/^rediss?:\/\/\S+$/u.test(flags.redis))
    reader.problem(
      '--redis',
      `expected redis://host:port or rediss://, got ${JSON.stringify(maskSecret(flags.redis))}`,
    );
  reader.finish('enclave doctor', 'enclave doctor --help lists the options');
  const facts = readHost(io.env);
  const profiles = PROFILES.map((name) => ({ name, checks: checkHost(facts, name) }));
  const checks = checkHost(facts, profile);
  const redis = flags.redis === undefined ? undefined : await askRedis(flags.redis);
  const isMet = [...checks, ...(redis?.checks ?? [])].every(({ state }) => state === 'ok');
  const report = {
    schema: 'enclave.doctor/1',
    profile,
    met: isMet,
    profiles,
    ...(redis === undefined ? {} : { redis }),
  };
  if (flags.json === true) io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else io.stdout.write(doctorText(profile, profiles, redis, io.stdout.columns));
  if (!isMet) io.exitWith(THRESHOLD_FAILED);
}

function readProfile(text: string, reader: OptionReader): ProfileName {
  const profile = PROFILES.find((name) => name === text.toLowerCase());
  if (profile !== undefined) return profile;
  const close = nearest(text, PROFILES);
  const hint = close === undefined ? '' : ` (did you mean ${close}?)`;
  reader.problem('--profile', `expected one of ${PROFILES.join(', ')}, got ${JSON.stringify(text)}${hint}`);
  return 'small';
}

/** What a Redis answered; without an answer everything is unknown. */
interface RedisFindings {
  /** Without credentials. */
  readonly url: string;
  /** Why nothing is known; null when it answered. */
  readonly unreachable: string | null;
  readonly checks: readonly RedisCheck[];
}

async function askRedis(url: string): Promise<RedisFindings> {
  const shown = maskSecret(url);
  try {
    // Loaded here, so that a host without Redis pays nothing for its client.
    const { readRedisSettings } = await import('../../store/redis-settings.ts');
    return { url: shown, unreachable: null, checks: checkRedis(await readRedisSettings(url)) };
  } catch (error) {
    if (!(error instanceof EnclaveError) || error.code !== 'STORE_UNAVAILABLE') throw error;
    return {
      url: shown,
      unreachable: error.message.replace('[STORE_UNAVAILABLE] ', ''),
      checks: checkRedis({}),
    };
  }
}

function doctorText(
  asked: ProfileName,
  profiles: readonly { readonly name: ProfileName; readonly checks: readonly HostCheck[] }[],
  redis: RedisFindings | undefined,
  columns: number,
): string {
  const checks = profiles.find(({ name }) => name === asked)?.checks ?? [];
  const short = profiles.map(({ checks: all, name }) => {
    const missing = all.filter(({ state }) => state !== 'ok').length;
    return `${name} ${missing === 0 ? 'ok' : `${missing} short`}`;
  });
  const host = checks.map((check) =>
    row(
      check.state,
      TITLES[check.id],
      check.found === null ? 'unknown' : shown(check, check.found),
      shown(check, check.needed),
    ),
  );
  const advice = checks
    .filter(({ state }) => state !== 'ok')
    .map((check) => advise(TITLES[check.id], howShort(check), check, columns));
  const parts = [
    wrap(`Sizes: ${short.join(' · ')}`, columns),
    '',
    `This host against ${asked}:`,
    ...host,
    ...advice,
  ];
  return `${[...parts, ...(redis === undefined ? [] : redisLines(redis, columns))].join('\n')}\n`;
}

function redisLines({ checks, unreachable, url }: RedisFindings, columns: number): string[] {
  const rows = checks.map(
    ({ found, id, state }) =>
      `${state.toUpperCase().padEnd(8)}${id.padEnd(28)}${found === null ? 'unknown' : found === '' ? 'none' : found}`,
  );
  const advice = checks
    .filter(({ state }) => state !== 'ok')
    .map((check) => {
      const found =
        check.found === null ? 'could not be read' : `is ${check.found === '' ? 'empty' : check.found}`;
      return advise(check.id, `${found}, needs ${check.needed}`, check, columns);
    });
  if (unreachable !== null) return ['', wrap(`Redis ${url}: UNKNOWN, ${unreachable}`, columns, '  ')];
  return ['', `Redis ${url}:`, ...rows, ...advice];
}

function row(state: string, title: string, found: string, needed: string): string {
  return `${state.toUpperCase().padEnd(8)}${title.padEnd(18)}${found.padStart(14)}  of ${needed}`;
}

function advise(
  title: string,
  words: string,
  { fix, ifLeft }: Pick<HostCheck, 'fix' | 'ifLeft'>,
  columns: number,
): string {
  const lines = [`fix: ${fix}`, `if left: ${ifLeft}`].map((line) => `  ${wrap(line, columns - 2, '    ')}`);
  return ['', wrap(`${title}: ${words}`, columns, '    '), ...lines].join('\n');
}

function howShort(check: HostCheck): string {
  if (check.found === null || check.shortBy === null) return 'unknown, could not be read';
  if (QUALITIES.includes(check.id))
    return `is ${shown(check, check.found)}, needs ${shown(check, check.needed)}`;
  return `short by ${shown(check, check.shortBy)}`;
}

/** Checks whose numbers are not amounts. */
const QUALITIES: readonly HostCheck['id'][] = ['calmHugePages', 'kernel', 'prlimit', 'permissionModel'];

const TITLES: Readonly<Record<HostCheck['id'], string>> = {
  cores: 'cores',
  memoryBytes: 'memory',
  openFiles: 'open files',
  somaxconn: 'listen backlog',
  tcpPressurePages: 'tcp_mem pressure',
  calmHugePages: 'huge pages',
  kernel: 'kernel',
  nodeMajor: 'Node.js',
  prlimit: 'prlimit',
  permissionModel: 'permission model',
};

function shown({ id }: HostCheck, value: number): string {
  if (id === 'memoryBytes') return formatSize(value);
  if (id === 'kernel') return `${Math.floor(value / 1_000)}.${value % 1_000}`;
  if (id === 'calmHugePages') return value === 1 ? 'not always' : 'always';
  if (id === 'prlimit' || id === 'permissionModel') return value === 1 ? 'present' : 'absent';
  if (value === Number.MAX_SAFE_INTEGER) return 'unlimited';
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}
