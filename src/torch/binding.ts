import { createRequire } from 'node:module';

/** A native object behind a Node-API external: a tensor, a generator or a mapped file. */
declare const handleBrand: unique symbol;
export interface Handle {
  readonly [handleBrand]: true;
}

/** What an operator takes: `undefined` stands for the schema's default, `null` for none. */
export type Argument =
  | Handle
  | number
  | boolean
  | string
  | null
  | undefined
  | readonly (Handle | null | number | boolean)[];
export type Result = Handle | number | boolean | string | null | undefined | readonly Result[];

export interface Memory {
  /** Tensors, generators and files JavaScript holds. */
  readonly handles: number;
  /** Bytes of CPU tensors alive, those of the autograd graph included. */
  readonly bytes: number;
  readonly blocks: number;
  /** Highest `bytes` since the last `resetPeak`. */
  readonly peakBytes: number;
  /** Bytes the allocator keeps for reuse. */
  readonly cachedBytes: number;
}

export interface Versions {
  readonly torch: string;
  readonly capability: string;
  readonly build: string;
  readonly cuda: boolean;
}

/** What a recorder saw: rows of numbers, whose columns `recording.ts` names. */
export interface RawRecording {
  /** Of phases, floors, spans and operators, by index. */
  readonly names: readonly string[];
  /** Float64: phase, floor, name, kind, backward, calls, own, all, flops, bytes. */
  readonly totals: ArrayBuffer;
  /** Float64: phase, floor, name, kind, backward, begin, length, flops, bytes. */
  readonly trace: ArrayBuffer;
  /** Events beyond the trace's capacity. */
  readonly untraced: number;
  /** Nanoseconds since the start. */
  readonly elapsed: number;
}

/** The addon's exports. This file is the only one that types them. */
export interface Binding {
  op(name: string, overload: string): number;
  schema(id: number): string;
  call(id: number, ...args: Argument[]): Result;
  backward(outputs: readonly Handle[], gradients?: readonly Handle[]): void;
  grad(outputs: readonly Handle[], inputs: readonly Handle[], gradients?: readonly Handle[]): (Handle | null)[];
  gradMode(enabled: boolean): boolean;
  requiresGrad(tensor: Handle): boolean;
  setRequiresGrad(tensor: Handle, required: boolean): void;
  gradOf(tensor: Handle): Handle | null;
  clearGrad(tensor: Handle): void;
  shape(tensor: Handle): number[];
  dtype(tensor: Handle): number;
  device(tensor: Handle): string;
  item(tensor: Handle): number;
  dispose(handle: Handle): void;
  /** What frees a tensor when collected; null when the tensor's own handle does. */
  guardian(tensor: Handle): Handle | null;
  /** Whether tensors made from now on are freed by a scope, and so need no care of the garbage collector's. */
  scoped(open: boolean): boolean;
  fromBytes(data: NodeJS.TypedArray, shape: readonly number[], dtype: number, share: boolean): Handle;
  toBytes(tensor: Handle): ArrayBuffer;
  mapFile(path: string): Handle;
  fromFile(file: Handle, offset: number, shape: readonly number[], dtype: number): Handle;
  makeGenerator(seed: number): Handle;
  generatorState(generator: Handle): Handle;
  setGeneratorState(generator: Handle, state: Handle): void;
  versions(): Versions;
  memory(): Memory;
  resetPeak(): void;
  emptyCache(): void;
  threads(count?: number): number;
  loadCuda(path: string): boolean;
  /** The process ends without libtorch's destructors. */
  endAtOnce(): void;
  /** Operators of this thread are recorded from now on, the first `capacity` of them one by one. */
  profileStart(capacity: number): void;
  /** Opens a span; returns the depth to close it by. */
  profileOpen(name: string): number;
  profileClose(depth: number): void;
  profileStop(): RawRecording;
}

/** Loads the compiled addon at `path`. */
export function loadBinding(path: string): Binding {
  return createRequire(import.meta.url)(path) as Binding;
}

/** What the library beside the addon gives. */
export interface Preloader {
  /** Loads the addon at `path` on another thread. */
  preload(path: string): void;
  /** Waits until it is loaded. */
  settle(): void;
}

/** Loads the library at `path` that loads the addon ahead. */
export function loadPreloader(path: string): Preloader {
  return createRequire(import.meta.url)(path) as Preloader;
}

/** A result known by its schema to be one tensor. */
export function asHandle(result: Result): Handle {
  return result as Handle;
}

/** A result known by its schema to be a list or tuple of tensors. */
export function asHandles(result: Result): readonly Handle[] {
  return result as readonly Handle[];
}
