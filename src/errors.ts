/** What went wrong, for programs; `usage` faults are the caller's (exit code 2), the rest the machine's or ours (1). */
export type ErrorCode =
  | 'config'
  | 'data'
  | 'file'
  | 'format'
  | 'model'
  | 'tokenizer'
  | 'template'
  | 'adapter'
  | 'run'
  | 'engine'
  | 'torch'
  | 'numeric'
  | 'reward'
  | 'disk'
  | 'network'
  | 'internal';

/** Where a fault lies when the caller gave something wrong, as opposed to the machine failing. */
const CALLER_FAULTS: ReadonlySet<ErrorCode> = new Set([
  'config',
  'data',
  'file',
  'format',
  'model',
  'tokenizer',
  'template',
  'adapter',
  'run',
]);

/** An error people can act on: one sentence that names the file, row or key, and a hint that mends it. */
export class OrpoError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OrpoError';
    this.code = code;
    this.hint = hint;
  }

  /** Process exit code the command line uses: 2 for wrong use or bad input, 1 for the machine's faults. */
  get exitCode(): 1 | 2 {
    return CALLER_FAULTS.has(this.code) ? 2 : 1;
  }
}

/** What a caught value says of itself. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error is what an aborted signal made of work that was under way. */
export function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted !== true) return false;
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}

/** The candidate nearest to `word` by edit distance, or undefined when none is close enough to be a typo. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitute, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
