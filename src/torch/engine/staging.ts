import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';

import { OrpoError } from '../../errors.js';

const PREFIX = '.staging';

/**
 * Makes a folder that is either whole or absent: `fill` writes into a staging folder beside `target`, which is then renamed.
 * When another process made the target meanwhile, its folder stays and ours is thrown away. Staging folders that killed
 * processes of this machine left are removed first. Throws `disk` when the place cannot be written.
 */
export async function makeFolder(target: string, fill: (staging: string) => Promise<void>): Promise<void> {
  const parent = dirname(target);
  const staging = openStaging(parent);
  try {
    await fill(staging);
    try {
      renameSync(staging, target);
    } catch (error) {
      if (!existsSync(target)) throw error;
    }
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function openStaging(parent: string): string {
  try {
    mkdirSync(parent, { recursive: true });
    sweep(parent);
    const staging = mkdtempSync(join(parent, `${PREFIX}-${hostname()}-${process.pid}-`));
    // a cache may be shared, and mkdtemp makes folders for one user only
    chmodSync(staging, 0o777 & ~process.umask());
    return staging;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new OrpoError(
      'disk',
      `The cache folder ${parent} cannot be written: ${reason}.`,
      'Make it writable, or set ORPO_CACHE to a folder that is.',
      { cause },
    );
  }
}

function sweep(parent: string): void {
  const ours = `${PREFIX}-${hostname()}-`;
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(ours)) continue;
    const pid = Number.parseInt(name.slice(ours.length), 10);
    if (!isAlive(pid)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // a process of another user lives, but may not be signalled
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
