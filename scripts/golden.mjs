/**
 * `npm run test:golden`: compares with the reference values in test/fixtures/golden and in GOLDEN_DIR (default
 * ../shared/golden), and says what was left out.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { orExit, root, setup } from './setup.mjs';
import { close, runVitest } from './vitest.mjs';

orExit(() => setup());
const folder = resolve(root, process.env.GOLDEN_DIR ?? '../shared/golden');
const counts = runVitest(['test/golden', ...process.argv.slice(2)], { ...process.env, GOLDEN_DIR: folder });
if (!existsSync(folder)) console.log(`left out: ${folder} does not exist (name another with GOLDEN_DIR)`);
for (const name of counts.skippedNames) console.log(`left out: ${name}`);
close(counts);
