import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Removes all but the `most` folders of `parent` that were changed last; what others remove meanwhile is gone too. */
export function pruneFolders(parent: string, most: number): void {
  const folders = readdirSync(parent).flatMap((name) => {
    const path = join(parent, name);
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.isDirectory() ? [{ path, changed: found.mtimeMs }] : [];
  });
  folders.sort((a, b) => b.changed - a.changed);
  for (const { path } of folders.slice(most)) rmSync(path, { recursive: true, force: true });
}
