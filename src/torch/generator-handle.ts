import { addon } from './addon.js';
import type { Handle } from './binding.js';
import { guard } from './guard.js';

/** A seeded source of random numbers for operators; the same seed gives the same numbers. */
export class Generator {
  readonly handle: Handle;

  /** `seed`: a whole number up to 2^53 - 1. */
  constructor(seed: number) {
    this.handle = guard('makeGenerator', [seed], () => addon().makeGenerator(seed));
  }

  /** The whole state as bytes, to be given to `restore` later, in another process too. */
  state(): Uint8Array {
    const native = addon();
    const state = native.generatorState(this.handle);
    const bytes = new Uint8Array(native.toBytes(state));
    native.dispose(state);
    return bytes;
  }

  restore(state: Uint8Array): void {
    const native = addon();
    const handle = native.fromBytes(state, [state.length], 0, false);
    try {
      guard('restore', [`${state.length} bytes`], () => native.setGeneratorState(this.handle, handle));
    } finally {
      native.dispose(handle);
    }
  }

  dispose(): void {
    addon().dispose(this.handle);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
