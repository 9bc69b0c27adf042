/** The most memory this process held. */
import { readFileSync } from 'node:fs';

/**
 * Resident bytes at their peak. Linux's getrusage would count what the process that started this one held before it, the
 * high-water mark of our own memory does not.
 */
export function peakResidentBytes() {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  } catch {
    // no /proc
  }
  return process.resourceUsage().maxRSS * 1024;
}
