import { mkdirSync } from 'node:fs';
import { diskError } from './system-error.js';

/** Makes a folder and those above it where they are missing. Throws OrpoError `disk`. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw diskError(`Cannot make the folder ${path}`, error);
  }
}
