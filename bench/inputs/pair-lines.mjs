/** Preference pairs as text, a JSON object a line: varied, and the same in every repetition. */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './models.mjs';

const SUBJECTS =
  'the baker,a tall ship,my neighbour,the old clock,every river,the committee,a small dog,the engine'.split(',');
const VERBS = 'carries,forgets,repairs,follows,describes,hides,measures,answers,crosses,borrows'.split(',');
const OBJECTS =
  'a letter,the bridge,seven apples,the evening train,a question,the blue door,its shadow,some bread'.split(',');
const MANNERS =
  'without a word,before noon,in the rain,twice a year,as agreed,for no reason,behind the market,at last'.split(',');
const LINES_A_WRITE = 4096;

/** A file of so many pairs; written once. */
export function pairLines(count) {
  const path = join(cache, `pairs-${count}.jsonl`);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const staging = `${path}.part`;
  const file = openSync(staging, 'w');
  const draw = lehmer(count);
  for (let begin = 0; begin < count; begin += LINES_A_WRITE) {
    const lines = Array.from({ length: Math.min(LINES_A_WRITE, count - begin) }, (_, i) => pairLine(begin + i, draw));
    writeSync(file, lines.join(''));
  }
  closeSync(file);
  renameSync(staging, path);
  return path;
}

function pairLine(row, draw) {
  const prompt = `Question ${row}: ${sentences(1 + draw(3), draw)} What comes next?`;
  const chosen = ` ${sentences(1 + draw(4), draw)}`;
  const rejected = ` ${sentences(1 + draw(4), draw)} I think so.`;
  return `${JSON.stringify({ prompt, chosen, rejected })}\n`;
}

function sentences(count, draw) {
  const one = (words) => words[draw(words.length)];
  return Array.from(
    { length: count },
    () => `${one(SUBJECTS)} ${one(VERBS)} ${one(OBJECTS)} ${one(MANNERS)}, number ${draw(10_000)}.`,
  ).join(' ');
}

/** Whole numbers below a limit by Lehmer's generator: 48271^k mod 2^31 - 1. */
function lehmer(seed) {
  let state = 1 + (seed % 2147483646);
  return (limit) => {
    state = (state * 48271) % 2147483647;
    return state % limit;
  };
}
