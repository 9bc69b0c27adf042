import { OrpoError } from '../errors.js';
import { addon } from './addon.js';
import type { RawRecording } from './binding.js';

/** An operator, a span that TypeScript opened, or a node of the backward pass. */
export type EventKind = 'operator' | 'span' | 'backward';

interface EventKey {
  /** The outermost span; '' outside all. */
  readonly phase: string;
  /** The innermost span; of a backward node that of the operator it belongs to. */
  readonly floor: string;
  readonly name: string;
  readonly kind: EventKind;
  /** Inside a backward pass. */
  readonly backward: boolean;
}

/** All events of one key together. */
export interface EventTotals extends EventKey {
  readonly calls: number;
  /** Seconds, without events inside. */
  readonly own: number;
  /** Seconds, with them. */
  readonly all: number;
  /** Multiplications and additions of its matrix product. */
  readonly flops: number;
  /** Bytes of its operands and results; 0 for what only calls others, and for views. */
  readonly bytes: number;
}

/** One event. Seconds since the recording began. */
export interface TracedEvent extends EventKey {
  readonly begin: number;
  readonly seconds: number;
  readonly flops: number;
  readonly bytes: number;
}

/** What was seen between `startRecording` and `stopRecording`. */
export interface Recording {
  readonly seconds: number;
  readonly totals: readonly EventTotals[];
  /** In the order in which they ended, until the trace was full. */
  readonly trace: readonly TracedEvent[];
  /** Events that came after it was full. */
  readonly untraced: number;
  /** What `noteWork` was told, by phase. */
  readonly work: ReadonlyMap<string, number>;
}

/** Where spans go while a recording is made; libtorch's own observers are bound to a thread, so there is one at most. */
let active: { readonly work: Map<string, number> } | undefined;

/**
 * Records all operators of this thread from now on, forward and backward, and spans. `capacity`: events kept one by one.
 *
 * @throws OrpoError `run` while another recording is made
 */
export function startRecording(capacity = 200_000): void {
  if (active !== undefined)
    throw new OrpoError('run', 'A profile is being taken already.', 'Profile one run of a process at a time.');
  addon().profileStart(capacity);
  active = { work: new Map() };
}

export function stopRecording(): Recording {
  const work = active?.work ?? new Map<string, number>();
  active = undefined;
  return { ...read(addon().profileStop()), work };
}

/** Runs `body`; its time, and that of the operators in it, is counted under `name` while a recording is made. */
export function span<T>(name: string, body: () => T): T {
  if (active === undefined) return body();
  const close = openSpan(name);
  try {
    return body();
  } finally {
    close();
  }
}

/** `work` with the time of every call under `name`. */
export function spanned<Args extends readonly unknown[], T>(
  name: string,
  work: (...args: Args) => T,
): (...args: Args) => T {
  return (...args) => (active === undefined ? work(...args) : span(name, () => work(...args)));
}

/** As `span`, for work that is waited for. */
export async function spanOver<T>(name: string, body: () => Promise<T>): Promise<T> {
  const close = openSpan(name);
  try {
    return await body();
  } finally {
    close();
  }
}

/** Opens a span that goes on over an `await`; what comes back closes it, and all that is open inside. */
export function openSpan(name: string): () => void {
  const recording = active;
  if (recording === undefined) return nothing;
  const depth = addon().profileOpen(name);
  let open = true;
  return () => {
    if (!open || recording !== active) return;
    open = false;
    addon().profileClose(depth);
  };
}

/** Counts operations that a phase could not do without. */
export function noteWork(phase: string, flops: number): void {
  active?.work.set(phase, (active.work.get(phase) ?? 0) + flops);
}

function nothing(): void {}

const KINDS: readonly EventKind[] = ['operator', 'span', 'backward'];
const NANOSECOND = 1e-9;

function read({ names, totals, trace, untraced, elapsed }: RawRecording): Omit<Recording, 'work'> {
  const key = (row: Float64Array): EventKey => {
    const [phase = 0, floor = 0, name = 0, kind = 0, backward = 0] = row;
    return {
      phase: names[phase] ?? '',
      floor: names[floor] ?? '',
      name: operatorName(names[name] ?? ''),
      kind: KINDS[kind] ?? 'operator',
      backward: backward === 1,
    };
  };
  return {
    seconds: elapsed * NANOSECOND,
    totals: rows(totals, 10).map((row) => {
      const [, , , , , calls = 0, own = 0, all = 0, flops = 0, bytes = 0] = row;
      return { ...key(row), calls, own: own * NANOSECOND, all: all * NANOSECOND, flops, bytes };
    }),
    trace: rows(trace, 9).map((row) => {
      const [, , , , , begin = 0, length = 0, flops = 0, bytes = 0] = row;
      return { ...key(row), begin: begin * NANOSECOND, seconds: length * NANOSECOND, flops, bytes };
    }),
    untraced,
  };
}

function rows(buffer: ArrayBuffer, columns: number): Float64Array[] {
  const all = new Float64Array(buffer);
  return Array.from({ length: all.length / columns }, (_, i) => all.subarray(i * columns, (i + 1) * columns));
}

/** `aten::` left out; a node of our own kernels, which libtorch calls by its C++ type, by the name of that type. */
function operatorName(name: string): string {
  if (name.startsWith('autograd::engine::')) return 'autograd engine';
  const own = /CppNode<(?:.*::)?(\w+)>/.exec(name)?.[1];
  return own === undefined ? name.replace(/^aten::/, '') : `${own}Backward`;
}
