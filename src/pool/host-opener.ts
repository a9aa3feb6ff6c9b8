// Which kind of host a pool has, and how each of them is opened.
import type { Clock } from '../clock.ts';
import { SNAPSHOT_ENTRY } from '../sandbox/messages.ts';
import { maxDataBytes, maxRssBytes } from './host-bounds.ts';
import type { hostLauncher } from './host-launcher.ts';
import { HostProcess } from './host-process.ts';
import { HostThread } from './host-thread.ts';
import type { ManagedHostSetup } from './managed-host.ts';
import type { PoolConfig } from './options.ts';

export function hostOpener(
  { inProcess, isolation, maxLivePerHost }: PoolConfig,
  clock: Clock,
  launch: typeof hostLauncher,
): ManagedHostSetup['open'] {
  if (inProcess) return (events) => new HostThread(clock, events);
  const setup = {
    clock,
    maxRssBytes: maxRssBytes(isolation, maxLivePerHost),
    launcher: launch(maxDataBytes(isolation, maxLivePerHost)),
  };
  let maySnapshot = true;
  return (events, priority) =>
    new HostProcess(
      { ...setup, maySnapshot, priority },
      {
        ...events,
        onEnd: (end) => {
          // Start snapshots are known to end processes on some platforms; hosts do without rather than die one after another.
          maySnapshot &&= end.culprit !== SNAPSHOT_ENTRY;
          events.onEnd(end);
        },
      },
    );
}
