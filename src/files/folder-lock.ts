import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { OrpoError } from '../errors.js';
import { diskError } from './system-error.js';

export const LOCK = 'lock.json';

const holder = z.object({ pid: z.int(), started: z.number() });

/** Clocks of files and processes differ by a little. */
const SLACK_MS = 10_000;

/**
 * Claims a folder for this process, so that no other writes to it meanwhile; returns what gives it back. The claim of a
 * process that is no more counts for nothing.
 *
 * @throws OrpoError `run` when a living process holds it, `disk`
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, LOCK);
  const pid = livingHolder(path);
  if (pid !== undefined && pid !== process.pid)
    throw new OrpoError(
      'run',
      `${folder} is in use: process ${pid} is working on that run.`,
      'Wait for it or stop it first; two at a time would spoil the run.',
    );
  try {
    rmSync(path, { force: true });
    const fd = openSync(path, 'wx');
    try {
      writeSync(fd, `${JSON.stringify({ pid: process.pid, started: Date.now() - process.uptime() * 1000 })}\n`);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw diskError(`Cannot claim ${folder}`, error);
  }
  return () => rmSync(path, { force: true });
}

/** The living process that holds a folder, if one does. */
export function holderOf(folder: string): number | undefined {
  return livingHolder(join(folder, LOCK));
}

function livingHolder(path: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const claim = holder.safeParse(parseOr(text));
  if (!claim.success) return undefined;
  const { pid, started } = claim.data;
  return isAlive(pid) && begun(pid, started) ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // a process of another user is alive too
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Whether the process of that number is the one that claimed, not a later one; true where that cannot be known. */
function begun(pid: number, started: number): boolean {
  const found = statSync(`/proc/${pid}`, { throwIfNoEntry: false });
  return found === undefined || found.ctimeMs < started + SLACK_MS;
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
