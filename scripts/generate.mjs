/**
 * `npm run generate`: writes the generated files anew. With `--check` nothing is written, and a file that differs from
 * its generator's output is named and fails the run.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { orExit, root, setup } from './setup.mjs';

// module beside this file, and its export: () => Promise<{ path, text } | { path, text }[]>
const generators = [
  ['generate-ops.mjs', 'generateOps'],
  ['generate-docs.mjs', 'generateDocs'],
];

const checking = process.argv.includes('--check');
orExit(() => setup());
let stale = 0;
for (const [module, name] of generators) {
  if (!existsSync(join(root, 'scripts', module))) {
    console.log(`· ${module} is not there: skipped`);
    continue;
  }
  const generate = (await import(`./${module}`))[name];
  for (const { path, text } of [await generate()].flat()) {
    const file = resolve(root, path);
    const same = existsSync(file) && readFileSync(file, 'utf8') === text;
    const state = same ? 'up to date' : checking ? 'differs: run `npm run generate`' : 'written';
    console.log(`· ${relative(root, file)} ${state}`);
    if (same) continue;
    stale += 1;
    if (checking) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
process.exitCode = checking && stale > 0 ? 1 : 0;
