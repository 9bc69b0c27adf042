"""What other processes take of the machine while something is timed; bench/measure/quiet.mjs for one that starts no others."""

import os
import time


def watch_others():
    begun = busy_seconds(), time.process_time(), time.perf_counter()

    def share():
        busy = busy_seconds()
        if busy is None or begun[0] is None:
            return None
        seconds = time.perf_counter() - begun[2]
        others = busy - begun[0] - (time.process_time() - begun[1])
        return max(0.0, others / (seconds * len(os.sched_getaffinity(0))))

    return share


def busy_seconds():
    """Seconds all cores were busy since the start of the machine."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    except OSError:
        return None
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
