import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../../files/atomic.js';
import { makeFolder } from '../../files/make-folder.js';
import { type Completion, completionSchema } from './completion.js';

/**
 * Answers of endpoints on disk under the hash of what was asked and whom, so that nothing is paid twice. Every answer
 * is a file of its own, written in one step: any number of processes may share the folder.
 */
export class AnswerCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The name under which the answer to a request is kept. Keys are no part of it, nor of what is kept. */
  static keyOf(url: string, body: string): string {
    return createHash('sha256').update(`${url}\n${body}`).digest('hex');
  }

  /** The answer kept, or undefined; a damaged file counts as none. */
  get(key: string): Completion | undefined {
    const path = this.#path(key);
    if (!existsSync(path)) return undefined;
    try {
      const parsed = completionSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
      return parsed.success ? parsed.data : undefined;
    } catch {
      return undefined;
    }
  }

  put(key: string, completion: Completion): void {
    const path = this.#path(key);
    makeFolder(join(path, '..'));
    writeFileAtomic(path, `${JSON.stringify(completion)}\n`);
  }

  #path(key: string): string {
    return join(this.#folder, key.slice(0, 2), `${key}.json`);
  }
}
