// enclave doctor: is this host large enough, and what would make it so.
import { Command } from 'commander';
import { checkHost, type HostCheck, PROFILES, type ProfileName } from '../../deploy/host-profiles.ts';
import { invalidInput } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import { wrap } from '../../report/wrap.ts';
import { formatSize } from '../../units.ts';
import type { Io } from '../io.ts';
import { readHost } from '../read-host.ts';

const THRESHOLD_FAILED = 99;

export function doctorCommand(io: Io): Command {
  return new Command('doctor')
    .description('Compare this host with four sizes: what is too low, by how much, and what fixes it.')
    .option('--profile <name>', `size that must be met: ${PROFILES.join(', ')}`, 'small')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
What cannot be read is unknown, and unknown is never ok.
Exit status: 0 every check of the size is ok, 2 bad input, 99 one is too low or unknown.`,
    )
    .action((flags: { readonly profile: string; readonly json?: boolean }) => doctor(flags, io));
}

function doctor(flags: { readonly profile: string; readonly json?: boolean }, io: Io): void {
  const profile = PROFILES.find((name) => name === flags.profile.toLowerCase());
  if (profile === undefined) {
    const close = nearest(flags.profile, PROFILES);
    const hint = close === undefined ? '' : ` (did you mean ${close}?)`;
    const message = `expected one of ${PROFILES.join(', ')}, got ${JSON.stringify(flags.profile)}${hint}`;
    throw invalidInput('enclave doctor', [{ path: '--profile', message }]);
  }
  const facts = readHost(io.env);
  const profiles = PROFILES.map((name) => ({ name, checks: checkHost(facts, name) }));
  const checks = checkHost(facts, profile);
  const isMet = checks.every(({ state }) => state === 'ok');
  if (flags.json === true)
    io.stdout.write(
      `${JSON.stringify({ schema: 'enclave.doctor/1', profile, met: isMet, profiles }, null, 2)}\n`,
    );
  else io.stdout.write(doctorText(profile, profiles, io.stdout.columns));
  if (!isMet) io.exitWith(THRESHOLD_FAILED);
}

function doctorText(
  asked: ProfileName,
  profiles: readonly { readonly name: ProfileName; readonly checks: readonly HostCheck[] }[],
  columns: number,
): string {
  const checks = profiles.find(({ name }) => name === asked)?.checks ?? [];
  const short = profiles.map(({ checks: all, name }) => {
    const missing = all.filter(({ state }) => state !== 'ok').length;
    return `${name} ${missing === 0 ? 'ok' : `${missing} short`}`;
  });
  const rows = checks.map((check) => {
    const found = check.found === null ? 'unknown' : shown(check, check.found);
    return `${check.state.toUpperCase().padEnd(8)}${TITLES[check.id].padEnd(18)}${found.padStart(14)}  of ${shown(check, check.needed)}`;
  });
  const advice = checks
    .filter(({ state }) => state !== 'ok')
    .map((check) => {
      const by = howShort(check);
      const lines = [`${TITLES[check.id]}: ${by}`, `  fix: ${check.fix}`, `  if left: ${check.ifLeft}`];
      return lines.map((line) => wrap(line, columns, '    ')).join('\n');
    });
  return `${wrap(`Sizes: ${short.join(' · ')}`, columns)}\n\nThis host against ${asked}:\n${rows.join('\n')}\n${advice.map((text) => `\n${text}\n`).join('')}`;
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
