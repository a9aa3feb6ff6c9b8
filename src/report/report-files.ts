// Run reports on disk: written whole or not at all, read back checked.
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { EnclaveError, toEnclaveError } from '../errors.ts';
import { parseReport } from './parse-report.ts';
import { parseRunReport } from './parse-run-report.ts';
import type { RunReport } from './run-report.ts';
import type { StudyReport } from './study-model.ts';

/** `tools-20261120T234104Z`: scenario and start, so that names sort by time. */
export function reportBaseName(report: RunReport): string {
  const at = report.timing.started_at.replaceAll(/[-:]|\.\d+/gu, '');
  return `${report.scenario.name}-${at}`;
}

/**
 * Makes sure that reports can be written to `folder`, before a run is spent on one that cannot be kept.
 *
 * @throws EnclaveError FILE_NOT_WRITABLE
 */
export async function prepareReportFolder(folder: string, shown: string = folder): Promise<void> {
  const probe = join(folder, `.write-test-${randomUUID()}`);
  try {
    await makeFolder(folder);
    await writeFile(probe, '');
    await rm(probe);
  } catch (cause) {
    throw notWritable(`--out: expected a folder that can be written to, got ${JSON.stringify(shown)}`, cause);
  }
}

/** `mkdir -p`, step by step: Node's own recursive form never returns under /proc, where a made folder stays missing. */
async function makeFolder(folder: string): Promise<void> {
  const isThere = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isThere) return;
  const parent = dirname(folder);
  if (parent !== folder) await makeFolder(parent);
  await mkdir(folder).catch((cause: unknown) => {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
  });
}

/**
 * Writes a file under a temporary name and renames it: a reader sees the old file, the new one, or none, never a half.
 *
 * @throws EnclaveError FILE_NOT_WRITABLE; nothing is left behind
 */
export async function writeFileAtomically(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw notWritable(`expected to write ${JSON.stringify(path)}`, cause);
  }
}

/** Where a report was kept. A measurement is worth more than the folder it was meant for. */
export interface KeptReport {
  /** Absent: nowhere; then it must be shown whole. */
  readonly path?: string;
  /** Why it is not where it was meant to be: FILE_NOT_WRITABLE, with what became of it. */
  readonly problem?: EnclaveError;
}

/** Writes `report` into `folder`, or where there is no room, into the folder of the machine for temporary files. */
export async function keepReport(folder: string, report: RunReport | StudyReport): Promise<KeptReport> {
  return keepReportAs(join(folder, `${reportName(report)}.json`), report);
}

/** The same under a path of the caller's. */
export async function keepReportAs(path: string, report: RunReport | StudyReport): Promise<KeptReport> {
  const content = `${JSON.stringify(report, null, 1)}\n`;
  try {
    await writeFileAtomically(path, content);
    return { path };
  } catch (error) {
    const rescued = await rescue(basename(path), content);
    const hint =
      rescued === undefined ? 'the report is the last line of stdout' : `the report is kept as ${rescued}`;
    const { message } = toEnclaveError(error);
    const problem = new EnclaveError('FILE_NOT_WRITABLE', message.replace(/^\[\w+\] /u, ''), {
      cause: error,
      hint,
    });
    return rescued === undefined ? { problem } : { path: rescued, problem };
  }
}

async function rescue(name: string, content: string): Promise<string | undefined> {
  try {
    const path = join(await mkdtemp(join(tmpdir(), 'enclave-report-')), name);
    await writeFileAtomically(path, content);
    return path;
  } catch {
    return undefined;
  }
}

function reportName(report: RunReport | StudyReport): string {
  if (report.kind === 'run') return reportBaseName(report);
  return `${studyName(report)}-${report.ended_at.replaceAll(/[-:]|\.\d+/gu, '')}.${report.kind}`;
}

function studyName(report: StudyReport): string {
  switch (report.kind) {
    case 'search':
    case 'sweep':
      return report.scenario.name;
    case 'compare':
      return report.b.scenario;
    case 'self-test':
      return 'laws';
  }
}

/** @throws EnclaveError FILE_NOT_READABLE, INVALID_INPUT or UNSUITABLE_REPORT */
export async function readRunReport(path: string): Promise<RunReport> {
  return parseRunReport(await readJson(path), `report ${path}`);
}

/**
 * A report of any kind.
 *
 * @throws EnclaveError FILE_NOT_READABLE, INVALID_INPUT or UNSUITABLE_REPORT
 */
export async function readReport(path: string): Promise<RunReport | StudyReport> {
  return parseReport(await readJson(path), `report ${path}`);
}

async function readJson(path: string): Promise<unknown> {
  const subject = `report ${path}`;
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (cause) {
    throw new EnclaveError('FILE_NOT_READABLE', `${subject}: expected a readable file (${codeOf(cause)})`, {
      cause,
    });
  }
  try {
    return JSON.parse(content);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EnclaveError(
      'INVALID_INPUT',
      `${subject}: expected JSON, got text that does not parse (${reason})`,
      {
        cause,
      },
    );
  }
}

/** Path of the run report, or the folder of a calibration, in `folder` that was written last; undefined when there is none. */
export async function newestReport(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  let newest: { readonly path: string; readonly writtenMs: number } | undefined;
  for (const name of names.filter((candidate) => REPORT_NAME.test(candidate))) {
    const path = join(folder, name);
    const writtenMs = (await stat(path)).mtimeMs;
    if (newest === undefined || writtenMs > newest.writtenMs) newest = { path, writtenMs };
  }
  return newest?.path;
}

const REPORT_NAME = /-\d{8}T\d{6}Z\.json$|-calibration-\d{8}T\d{6}Z$/u;

function notWritable(message: string, cause: unknown): EnclaveError {
  return new EnclaveError('FILE_NOT_WRITABLE', `${message} (${codeOf(cause)})`, { cause });
}

function codeOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return REASONS[code] ?? code;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the limit of file sizes is reached',
  ENOTDIR: 'part of the path is a file',
  EEXIST: 'a file is in the way',
  EISDIR: 'it is a directory',
};
