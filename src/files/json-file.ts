import { readFileSync } from 'node:fs';
import { OrpoError, reasonOf } from '../errors.js';
import { writeFileAtomic } from './atomic.js';

/** Writes a value as JSON for people too, whole or not at all. @throws OrpoError `disk` */
export function writeJson(path: string, value: unknown): void {
  writeFileAtomic(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** @throws OrpoError `run` when the file is missing or is not JSON */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new OrpoError(
      'run',
      `${path} cannot be read: ${reasonOf(error)}.`,
      'The run folder is damaged; start the run anew.',
    );
  }
}
