import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { hashFile } from '../../data/accounting.js';
import { plainText, type Side } from '../../data/records.js';
import { applyColumns } from '../../data/schemas/columns.js';
import { recognise } from '../../data/schemas/recognise.js';
import { openSource } from '../../data/sources/open-source.js';
import { RowProblem } from '../../data/sources/source-row.js';
import { OrpoError } from '../../errors.js';
import { readPromptRows } from '../../feedback/read-prompts.js';
import type { RowSource } from './comparison.js';
import type { CompareConfig } from './config.js';
import type { AnswersFile } from './read-answers.js';

/** A prompt that all systems answer. */
export interface AskedPrompt {
  /** Row of the file, from 1. */
  readonly row: number;
  readonly prompt: Side;
  /** Its plain text, by which answers in files are found. */
  readonly text: string;
}

export interface AskedPrompts {
  readonly source: RowSource;
  readonly prompts: readonly AskedPrompt[];
}

/**
 * The prompts of a file, each once: answers to a prompt that is asked twice are no two witnesses.
 *
 * @throws OrpoError `data` when there are none, and as reading them does
 */
export async function readAskedPrompts(path: string, config: CompareConfig): Promise<AskedPrompts> {
  const { columns, onMalformed, limit } = config;
  const gathered = new Gathered();
  for await (const found of readPromptRows(path, { columns, onMalformed })) {
    if (limit !== undefined && gathered.prompts.length >= limit) break;
    if ('dropped' in found) gathered.drop(found.dropped);
    else gathered.add(found.row, found.prompt);
  }
  if (gathered.prompts.length === 0)
    throw new OrpoError(
      'data',
      `${path} holds no prompt.`,
      'Give rows with a prompt, or one prompt a line of a .txt file.',
    );
  return { prompts: gathered.prompts, source: await gathered.source(path) };
}

/** The prompts that a file has answers to. */
export async function promptsOfAnswers(file: AnswersFile, limit: number | undefined): Promise<AskedPrompts> {
  const gathered = new Gathered();
  for (const { row, prompt } of file.prompts) {
    if (limit !== undefined && gathered.prompts.length >= limit) break;
    gathered.add(row, prompt);
  }
  return { prompts: gathered.prompts, source: await gathered.source(file.path) };
}

/** Whether the rows of a file are pairs with a chosen and a rejected response, to go by its first row. */
export async function holdsPairs(path: string, { columns }: Pick<CompareConfig, 'columns'>): Promise<boolean> {
  if (extname(path).toLowerCase() === '.txt') return false;
  const source = await openSource(path);
  for await (const item of source.rows) {
    if ('problem' in item) return false;
    try {
      return recognise(applyColumns(item.value, columns)).kind === 'preference';
    } catch (error) {
      if (error instanceof RowProblem) return false;
      throw error;
    }
  }
  return false;
}

/**
 * The random stream of an answer: the same prompt draws alike in whatever file and place it stands, and its samples
 * differently.
 */
export function streamOf(prompt: Side, sample: number): number {
  return createHash('sha256')
    .update(JSON.stringify([prompt, sample]))
    .digest()
    .readUInt32LE(0);
}

class Gathered {
  readonly prompts: AskedPrompt[] = [];
  readonly #seen = new Set<string>();
  readonly #dropped = new Map<string, number>();

  add(row: number, prompt: Side): void {
    const text = plainText(prompt);
    const key = JSON.stringify(prompt);
    if (this.#seen.has(key)) this.drop('repeated prompt');
    else this.prompts.push({ row, prompt, text });
    this.#seen.add(key);
  }

  drop(reason: string): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }

  async source(path: string): Promise<RowSource> {
    const { sha256 } = await hashFile(path);
    return { path, sha256, n: this.prompts.length, dropped: Object.fromEntries(this.#dropped) };
  }
}
