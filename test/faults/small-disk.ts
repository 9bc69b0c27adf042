import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEGABYTES = 32;

/** Whether this user may mount a file system. */
export const canMount = tryMount();
if (!canMount) console.log('skipped: this user may not mount a file system, so no full disk is tried');

/** A file system of its own in memory, small enough to be filled. */
export class SmallDisk {
  readonly path: string;
  readonly #ballast: string;

  constructor(folder: string) {
    this.path = join(folder, 'disk');
    this.#ballast = join(this.path, 'ballast');
    mkdirSync(this.path);
    if (!mount(this.path)) throw new Error(`${this.path} cannot be mounted`);
  }

  /** Leaves room for so many bytes, in whole pages. */
  fill(room: number): void {
    const chunk = new Uint8Array(1 << 16);
    const fd = openSync(this.#ballast, 'a');
    let size = 0;
    try {
      for (let length = chunk.byteLength; length > 0; ) {
        try {
          size += writeSync(fd, chunk, 0, length);
        } catch {
          // the last pages one by one
          length = length > 4096 ? 4096 : 0;
        }
      }
      ftruncateSync(fd, Math.max(0, size - room));
    } finally {
      closeSync(fd);
    }
  }

  /** Gives all room back. */
  empty(): void {
    rmSync(this.#ballast);
  }

  unmount(): void {
    spawnSync('umount', [this.path]);
  }
}

function mount(path: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m`, 'orpo-test', path]).status === 0;
}

function tryMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'orpo-disk-'));
  try {
    if (!mount(folder)) return false;
    return spawnSync('umount', [folder]).status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
