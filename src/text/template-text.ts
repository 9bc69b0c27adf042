import type { RuntimeValue } from './jinja.js';
import { type TemplateBudget, templateError } from './template-limits.js';
import { isText, toRuntime } from './template-values.js';

/** Longest needle × haystack that a search may compare: naive search takes that many steps in the worst case. */
const LONGEST_SEARCH = 2 ** 28;

/** White space as Python's `str.strip` knows it. */
const PYTHON_SPACE = ' \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000';
const LEADING_SPACE = new RegExp(`^[${PYTHON_SPACE}]+`, 'u');

/** Refuses a search that could take minutes. */
export function checkSearch(text: string, needle: string): void {
  if (text.length * needle.length > LONGEST_SEARCH) {
    throw templateError('The chat template searches a long text for another long text.');
  }
}

/** Python's `strip` family; the library's own ignores the characters to strip. */
export function strip(text: string, side: 'both' | 'left' | 'right', characters?: string): string {
  if (characters === undefined) {
    const from = side === 'right' ? 0 : (LEADING_SPACE.exec(text)?.[0].length ?? 0);
    let to = text.length;
    if (side !== 'left') while (to > from && isPythonSpace(text.charAt(to - 1))) to--;
    return text.slice(from, to);
  }
  const set = new Set(characters);
  const points = Array.from(text);
  let from = 0;
  let to = points.length;
  if (side !== 'right') while (from < to && set.has(points[from] ?? '')) from++;
  if (side !== 'left') while (to > from && set.has(points[to - 1] ?? '')) to--;
  return points.slice(from, to).join('');
}

const SPACE = new RegExp(`[${PYTHON_SPACE}]`, 'u');
const isPythonSpace = (unit: string) => SPACE.test(unit);

const STRIP_SIDES: ReadonlyMap<string, 'both' | 'left' | 'right'> = new Map([
  ['strip', 'both'],
  ['lstrip', 'left'],
  ['rstrip', 'right'],
]);

/**
 * Checks what a text method is about to cost. Returns its result where the library's own would differ from Python's,
 * or undefined when the library shall run it.
 */
export function guardTextMethod(
  name: string,
  text: string,
  args: readonly RuntimeValue[],
  budget: TemplateBudget,
): RuntimeValue | undefined {
  const texts = args.flatMap((arg) => (isText(arg) ? [arg.value] : []));
  const [first, second] = texts;
  budget.copy(text.length);
  const side = STRIP_SIDES.get(name);
  if (side !== undefined) return toRuntime(strip(text, side, first));
  if (name === 'split') {
    if (first !== undefined) checkSearch(text, first);
    budget.list(first === undefined ? wordCount(text) : countOccurrences(text, first) + 1);
  } else if (name === 'replace' && first !== undefined && second !== undefined) {
    checkSearch(text, first);
    const grown = text.length + countOccurrences(text, first) * Math.max(0, second.length - first.length);
    budget.text(grown);
    budget.copy(grown);
  }
  return undefined;
}

function countOccurrences(text: string, needle: string): number {
  if (needle === '') return text.length + 1;
  let count = 0;
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + needle.length)) count++;
  return count;
}

function wordCount(text: string): number {
  let count = 0;
  for (let i = 0, inWord = false; i < text.length; i++) {
    const space = isPythonSpace(text.charAt(i));
    if (!space && !inWord) count++;
    inWord = !space;
  }
  return count;
}
