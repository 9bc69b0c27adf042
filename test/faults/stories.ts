import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = join(resolve(process.env.ORPO_MODELS_DIR ?? '../shared/models'), 'stories260k');

/** A real model small enough to be trained in seconds; undefined where it is not at hand. */
export const stories = existsSync(folder) ? folder : undefined;
if (stories === undefined)
  console.log(
    `${folder} is not there: the tests' own random model is trained instead; name its folder with ORPO_MODELS_DIR`,
  );
