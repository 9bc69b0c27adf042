import { OrpoError } from '../errors.js';
import { knownSplits } from './gguf-pre-tokenizers.js';

/** Splits in the spelling of Hugging Face's files, besides those of GGUF. */
const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const REST = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const HUGGING_FACE_SPLITS = [String.raw`\p{N}`, String.raw`\p{N}{1,3}`].map(
  (digits) => String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}|${REST}`,
);
const TRUSTED: ReadonlySet<unknown> = new Set([
  ...knownSplits(),
  ...HUGGING_FACE_SPLITS,
  String.raw`\p{N}`,
  String.raw`\p{N}+`,
  ' {2,}',
]);

const AROUND_MODEL: ReadonlySet<string> = new Set(['normalizer', 'pre_tokenizer', 'post_processor', 'decoder']);
const SEQUENCES = ['normalizers', 'pretokenizers', 'processors', 'decoders'] as const;

type Part = Readonly<Record<string, unknown>>;

/**
 * Refuses parts of a `tokenizer.json` that would never come to an end, pieces of no length and a text that is repeated, and
 * those that leave the text out.
 * Errors: `OrpoError('tokenizer')` naming the part.
 */
export function checkTokenizerParts(json: object, origin: string): void {
  for (const part of partsOf(json)) {
    if (part.type === 'FixedLength' && !(Number.isSafeInteger(part.length) && Number(part.length) > 0)) {
      throw wrongPart(origin, `the pre-tokenizer FixedLength has the length ${JSON.stringify(part.length)}`);
    }
    if (part.type === 'TemplateProcessing' && sequencesIn(part.single) !== 1) {
      throw wrongPart(origin, 'the post-processor TemplateProcessing leaves the text out or repeats it');
    }
  }
}

/** Whether encoding may take longer than the length of a text explains: it has regular expressions nobody has looked at. */
export function needsTimeLimit(json: object): boolean {
  const model: unknown = 'model' in json ? json.model : undefined;
  const merges = typeof model === 'object' && model !== null && 'type' in model && model.type === 'BPE';
  return !merges || partsOf(json).some(({ pattern }) => isRegex(pattern) && !TRUSTED.has(pattern.Regex));
}

export function wrongPart(origin: string, what: string): OrpoError {
  return new OrpoError('tokenizer', `${origin}: ${what}.`, 'Take tokenizer.json from the folder of the model.');
}

const isRegex = (pattern: unknown): pattern is { Regex: unknown } =>
  typeof pattern === 'object' && pattern !== null && 'Regex' in pattern;

function sequencesIn(template: unknown): number {
  if (!Array.isArray(template)) return 0;
  return template.filter((item: unknown) => typeof item === 'object' && item !== null && 'Sequence' in item).length;
}

/** All parts around the model, those inside sequences too. */
function partsOf(json: object): Part[] {
  const found: Part[] = [];
  const waiting: unknown[] = Object.entries(json).flatMap(([key, part]) => (AROUND_MODEL.has(key) ? [part] : []));
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== 'object' || value === null) continue;
    const part: Part = Object.fromEntries(Object.entries(value));
    found.push(part);
    for (const key of SEQUENCES) {
      const inner = part[key];
      if (Array.isArray(inner)) for (const item of inner) waiting.push(item);
    }
  }
  return found;
}
