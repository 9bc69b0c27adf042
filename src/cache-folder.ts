import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where everything that can be made or fetched again is kept: `ORPO_CACHE`, or `orpo` in the user's cache folder. */
export function cacheFolder(): string {
  const { ORPO_CACHE, XDG_CACHE_HOME } = process.env;
  return ORPO_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'orpo');
}
