import { readFile } from 'node:fs/promises';

/** Ticks of /proc/PID/stat in a second, on every Linux that Node runs on. */
const TICKS = 100;

/** Seconds of CPU of a process so far, of all its threads, bytes of memory now and at most; from Linux's /proc. */
export async function usageOf(pid) {
  const [[user, system], status] = await Promise.all([ticksOf(pid), readFile(`/proc/${pid}/status`, 'utf8')]);
  const kib = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  return {
    cpu: (user + system) / TICKS,
    rss: kib('VmRSS') * 1024,
    highestRss: kib('VmHWM') * 1024,
  };
}

/** Seconds of CPU of all processes that this one started and that have ended. */
export async function cpuOfEnded() {
  const [, , user, system] = await ticksOf('self');
  return (user + system) / TICKS;
}

/** User and system time of a process, and of its children that have ended. */
async function ticksOf(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .map(Number);
}
