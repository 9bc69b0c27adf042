import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cli, type Ending, isBuilt, runCli } from './command-line.js';
import { fingerprint, inTemporaryFolder, leftovers, writeSmallConfig } from './small-run.js';
import { stories } from './stories.js';

const SIGNALS = [
  { signal: 'SIGINT', code: 130 },
  { signal: 'SIGTERM', code: 143 },
] as const;

/** The command that a stopped run tells people to type. */
function toGoOn({ last }: Ending): string {
  const { hint } = z.object({ code: z.literal('interrupted'), hint: z.string() }).parse(last);
  return hint.replace(/^Go on with: /, '');
}
