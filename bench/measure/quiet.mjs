/** What other processes take of the machine while something is timed. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * Begins to watch; what comes back says, of the time since, the share of all cores that other processes took: neither this
 * one nor those it started, once they have ended.
 */
export function watchOthers() {
  const begun = { busy: busySeconds(), own: ownSeconds(), at: performance.now() };
  return () => {
    const busy = busySeconds();
    if (busy === undefined || begun.busy === undefined) return undefined;
    const seconds = (performance.now() - begun.at) / 1000;
    const others = busy - begun.busy - (ownSeconds() - begun.own);
    return Math.max(0, others / (seconds * availableParallelism()));
  };
}

function ownSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + childSeconds();
}

/** Of processes that this one started and has waited for; zero where there is no /proc. */
function childSeconds() {
  try {
    // the name in brackets may hold spaces; user and system time of the children are the 14th and 15th fields after it
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1).split(' ');
    return (Number(fields[13]) + Number(fields[14])) / 100;
  } catch {
    return 0;
  }
}

/** Seconds all cores were busy since the start of the machine; undefined where there is no /proc/stat. */
function busySeconds() {
  try {
    const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
      .split('\n', 1)[0]
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return (user + nice + system + irq + softirq + steal) / 100;
  } catch {
    return undefined;
  }
}
