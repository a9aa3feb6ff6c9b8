import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createWorkerPoolAdapter, Enclave } from '../../src/enclave.ts';
import { canRunInProcess } from '../../src/pool/host-thread.ts';
import { createPool } from '../../src/pool/pool.ts';
import { RemoteExecutor } from '../support/remote-executor.ts';

const programs = new URL('../fixtures/programs/', import.meta.url).pathname;

function runProgram(...args: readonly string[]): Promise<object> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--no-node-snapshot', ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? error?.signal ?? 0, stdout, stderr }),
    );
  });
}

describe('inProcess: true', () => {
  it('says what is missing where node runs without the flag', () => {
    for (const create of [
      () => createPool({ inProcess: true }),
      () => createWorkerPoolAdapter({ inProcess: true }),
      () => new Enclave({ inProcess: true }),
    ])
      expect(create).toThrow(
        /inProcess: expected node to run with --no-node-snapshot.*node --no-node-snapshot app\.js/u,
      );
  });

  it('finds the flag on the command line and in NODE_OPTIONS', () => {
    expect(canRunInProcess([], '')).toBe(false);
    expect(canRunInProcess(['--no-node-snapshot'], '')).toBe(true);
    expect(canRunInProcess([], '--enable-source-maps --no-node-snapshot')).toBe(true);
  });

  it('is refused beside an adapter, which has its own', () => {
    expect(() => new Enclave({ inProcess: true, adapter: createWorkerPoolAdapter() })).toThrow(
      /beside an adapter/u,
    );
  });

  it.each(['dispose', 'leave'])('lets a program end by itself: %s', async (how) => {
    const printed = await runProgram(`${programs}in-process-owner.ts`, how);
    expect(printed).toEqual({ code: 0, stdout: '[21,true]\n', stderr: '' });
  });

  it('survives the end of a thread in which V8 is marking', async () => {
    const flags = ['--stress-incremental-marking', '--no-incremental-marking-task'];
    const printed = await runProgram(...flags, `${programs}marked-thread.ts`);
    expect(printed).toEqual({ code: 0, stdout: 'disposed\n', stderr: '' });
  });

  it('gives up a thread that is stuck in native code, blames the script, and serves on', async () => {
    const executor = new RemoteExecutor({ poolSize: 1, limits: { cpuMs: 50 } });
    await executor.ready();
    const stuck = await executor.execute({
      source: 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
    });
    expect(stuck.error?.code).toBe('UNRESPONSIVE_KILLED');
    expect((await executor.execute({ source: 'return 2' })).value).toBe(2);
    expect(executor.stats().lost).toBe(1);
    // Only a kill ends a process with such a thread.
    process.kill(executor.pid, 'SIGKILL');
  });
});
