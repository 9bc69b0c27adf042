import { type CompareConfig, parseCompareConfig } from '../evaluation/comparison/config.js';
import { parseSystem } from '../evaluation/comparison/system.js';
import { type CompareFlags, overlayCompare } from './compare-flags.js';
import { applyOverrides } from './config-overrides.js';
import { isMapping } from './judge-flags.js';
import { loadConfig } from './load-config.js';

/** The configuration of a command line: its file, what the options say, and defaults where neither says it. */
export async function comparisonConfig(
  systems: readonly string[],
  flags: CompareFlags,
  defaults: Readonly<Record<string, unknown>>,
): Promise<CompareConfig> {
  const read = flags.config === undefined ? {} : await loadConfig(flags.config);
  const base = overlayCompare(isMapping(read) ? { ...defaults, ...read } : read, systems.map(parseSystem), flags);
  return parseCompareConfig(applyOverrides(base, flags.set), flags.config ?? 'command line');
}
