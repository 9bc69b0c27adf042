import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { JsonlLog, readJsonlLog } from '../../files/jsonl-log.js';
import { makeFolder } from '../../files/make-folder.js';

/**
 * Results kept under a digest of all that decides them, so that none is computed twice. Every process appends to a file
 * of its own and reads those of all others when it begins: several may share a folder, and one that is killed loses
 * what it had under way and nothing else.
 */
export class ContentCache<T extends object> {
  readonly #folder: string;
  readonly #found = new Map<string, T>();
  #log: JsonlLog | undefined;

  /** @param schema of a result; lines of another form, of an older version say, are passed over */
  constructor(folder: string, schema: z.ZodType<T>) {
    this.#folder = folder;
    if (!existsSync(folder)) return;
    for (const file of readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .sort()) {
      for (const { key, ...rest } of readJsonlLog(join(folder, file))) {
        const parsed = schema.safeParse(rest);
        if (typeof key === 'string' && parsed.success) this.#found.set(key, parsed.data);
      }
    }
  }

  get(key: string): T | undefined {
    return this.#found.get(key);
  }

  /** Keeps results that belong together: a killed process leaves all of them or none. @throws OrpoError `disk` */
  put(results: readonly (readonly [key: string, result: T])[]): void {
    if (results.length === 0) return;
    if (this.#log === undefined) {
      makeFolder(this.#folder);
      this.#log = new JsonlLog(join(this.#folder, `${Date.now()}-${process.pid}.jsonl`));
    }
    this.#log.appendAll(results.map(([key, result]) => ({ key, ...result })));
    for (const [key, result] of results) this.#found.set(key, result);
  }

  close(): void {
    this.#log?.flush();
    this.#log?.close();
    this.#log = undefined;
  }
}

/** A digest of values, in hexadecimal. */
export function digestOf(...values: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 32);
}
