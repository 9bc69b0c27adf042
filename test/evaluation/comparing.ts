import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compare } from '../../src/evaluation/comparison/compare.js';
import type { Comparison } from '../../src/evaluation/comparison/comparison.js';
import type { CompareConfigInput } from '../../src/evaluation/comparison/config.js';
import type { CompareEvent } from '../../src/evaluation/comparison/events.js';

/** Likes answers with many an e; letters of a random model are as good as any. */
export const RULE = 'export default (prompt, response) => (response.match(/e/gi) ?? []).length;\n';

export function asLines(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** Prompts of a story, all of them different, and the rule that judges; returns their paths. */
export function writePrompts(folder: string, count: number): { readonly prompts: string; readonly rule: string } {
  const who = ['girl', 'boy', 'cat', 'dog', 'bird', 'bear', 'frog'];
  const what = ['big', 'small', 'red', 'happy', 'sad', 'old', 'shy', 'loud'];
  const rows = Array.from({ length: count }, (_, at) => ({
    prompt: `Once upon a time, there was a ${what[at % what.length]} ${who[at % who.length]} number ${at} who`,
  }));
  const prompts = join(folder, 'prompts.jsonl');
  const rule = join(folder, 'rule.mjs');
  writeFileSync(prompts, asLines(rows));
  writeFileSync(rule, RULE);
  return { prompts, rule };
}

/** Compares in this process; the events and what they came to. */
export async function compared(
  config: CompareConfigInput,
): Promise<{ readonly events: readonly CompareEvent[]; readonly comparison: Comparison }> {
  const events: CompareEvent[] = [];
  for await (const event of compare(config)) events.push(event);
  const last = events.at(-1);
  if (last?.type !== 'result') throw new Error(`the comparison ended with ${last?.type}`);
  return { events, comparison: last.comparison };
}
