import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OrpoError } from '../errors.js';
import { sweepStaging } from '../files/atomic.js';
import { makeFolder } from '../files/make-folder.js';

/** Where each part of a recipe lies; beside them the folders of its stages. */
export interface RecipeFolder {
  readonly path: string;
  /** The recipe as it was given, with the defaults of what its stages share. */
  readonly config: string;
  /** How long each process worked on each stage, and with how much memory. */
  readonly timing: string;
  readonly card: string;
  /** Written last; a recipe that has it is finished. */
  readonly summary: string;
}

export function recipeFolder(path: string): RecipeFolder {
  const root = resolve(path);
  return {
    path: root,
    config: join(root, 'recipe.json'),
    timing: join(root, 'timing.jsonl'),
    card: join(root, 'README.md'),
    summary: join(root, 'summary.json'),
  };
}

/** Whether a folder is one of a recipe. */
export function holdsRecipe(path: string): boolean {
  return existsSync(recipeFolder(path).config);
}

/** @throws OrpoError `run` when the folder holds a recipe already, finished or not, or anything else */
export function createRecipeFolder(path: string): RecipeFolder {
  const folder = recipeFolder(path);
  if (existsSync(folder.summary))
    throw new OrpoError('run', `${path} holds a finished recipe.`, 'Choose another output, or remove the folder.');
  if (holdsRecipe(path))
    throw new OrpoError(
      'run',
      `${path} holds a recipe that was not finished.`,
      `Go on with \`orpo resume ${path}\`, or choose another output.`,
    );
  if (existsSync(folder.path) && readdirSync(folder.path).some((name) => !name.startsWith('.staging-')))
    throw new OrpoError('run', `${path} is not empty.`, 'Choose another output: a recipe wants a folder of its own.');
  makeFolder(folder.path);
  sweepStaging(folder.path);
  return folder;
}

/** @throws OrpoError `run` when there is no recipe, or nothing of it left to do */
export function openRecipeFolder(path: string): RecipeFolder {
  const folder = recipeFolder(path);
  if (!holdsRecipe(path))
    throw new OrpoError('run', `${path} holds no recipe: it has no recipe.json.`, 'Give the output of `orpo train`.');
  if (existsSync(folder.summary))
    throw new OrpoError('run', `${path} is finished.`, 'Look at its README.md, or start anew with another output.');
  sweepStaging(folder.path);
  return folder;
}
