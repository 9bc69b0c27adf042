import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** How nice threads are that give way: a tenth of the time of others. At 19 they starve beside other programs. */
const NICE = 10;

/**
 * Has the threads beside the main one give way to those that start later. V8 compiles hot functions on threads of its own, and
 * one that takes a core from libtorch's pool holds up all others at the end of an operator: the first 64 tokens of
 * SmolLM2-135M take 0.43 s instead of 0.49 on two cores. For a process of ours, at its start; on Linux, where threads have
 * priorities of their own.
 */
export function yieldToComputation(): void {
  if (process.platform !== 'linux') return;
  const threads = readdirSync('/proc/self/task').map(Number);
  // of another PID namespace's, these would be strangers
  if (!threads.includes(process.pid)) return;
  const nice = Math.max(NICE, getPriority());
  for (const thread of threads) {
    if (thread === process.pid) continue;
    try {
      setPriority(thread, nice);
    } catch {
      // it has ended, or priorities may not be set here
    }
  }
}
