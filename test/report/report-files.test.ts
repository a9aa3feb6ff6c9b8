import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareReportFolder, readRunReport, writeFileAtomically } from '../../src/report/report-files.ts';

describe('report files', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enclave-reports-'));
  });
  afterAll(async () => {
    await chmod(folder, 0o755);
    await rm(folder, { recursive: true });
  });

  it('leaves nothing but the file', async () => {
    await writeFileAtomically(join(folder, 'a.json'), '{}');
    expect(await readdir(folder)).toEqual(['a.json']);
    expect(await readFile(join(folder, 'a.json'), 'utf8')).toBe('{}');
  });

  it('leaves no half-written file behind when it cannot be put in place', async () => {
    await expect(writeFileAtomically(join(folder, 'missing', 'b.json'), '{}')).rejects.toThrow(
      /FILE_NOT_WRITABLE.*no such file/,
    );
    expect(await readdir(folder)).toEqual(['a.json']);
  });

  it('makes a folder that is missing and refuses one that cannot be', async () => {
    await prepareReportFolder(join(folder, 'new', 'deep'));
    await writeFile(join(folder, 'file'), '');
    await expect(prepareReportFolder(join(folder, 'file', 'sub'), 'file/sub')).rejects.toThrow(
      /--out: expected a folder that can be written to, got "file\/sub" \(part of the path is a file\)/,
    );
  });

  it('says what is wrong with a file that is no report', async () => {
    await writeFile(join(folder, 'half.json'), '{"schema": "enclave.be');
    await expect(readRunReport(join(folder, 'half.json'))).rejects.toThrow(
      /expected JSON, got text that does not parse/,
    );
    await expect(readRunReport(join(folder, 'gone.json'))).rejects.toThrow(
      /expected a readable file \(no such file\)/,
    );
  });
});
