// The machine and the command that a report was made with, in words.
import { formatCount, formatSize } from '../units.ts';
import type { Fact } from './document-model.ts';
import type { Environment } from './run-report.ts';

export function machineFacts(env: Environment): Fact[] {
  const quota =
    env.cgroup_quota_cores === null ? 'no quota' : `quota ${formatCount(env.cgroup_quota_cores)} cores`;
  return [
    ['machine', `${env.cpu_model}, ${env.cores_n} cores, ${quota}, ${formatSize(env.mem_bytes)}`],
    ['system', `${env.platform} ${env.kernel}`],
    ['versions', `enclave ${env.enclave}, Node ${env.node}, V8 ${env.v8}`],
    [
      'commit',
      env.git_sha === null ? 'unknown' : `${env.git_sha}${env.git_dirty === true ? ', with changes' : ''}`,
    ],
    ['load before', env.load1_before === null ? 'unknown' : formatCount(env.load1_before)],
    ['command', `enclave ${env.argv.join(' ')}`],
  ];
}
