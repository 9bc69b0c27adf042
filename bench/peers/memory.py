"""The most memory this process held; as bench/measure/peak-memory.mjs."""

import re
import resource


def peak_resident_bytes():
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            return int(re.search(r"^VmHWM:\s+(\d+) kB$", file.read(), re.M)[1]) * 1024
    except (OSError, TypeError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
