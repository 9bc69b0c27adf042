import type { PreTokenizer } from './tokenizers-library.js';

/** A pre-tokenizer that cuts a text into words and then maps each word to the printable stand-ins of its bytes. */
export interface WordSplitter {
  /** The words of a text in order; some may be empty. */
  split(text: string): string[];
  toBytes(word: string): string[];
}

/** The same as the library's pre-tokenizer in two steps; undefined where it is more than splits and bytes. */
export function wordSplitter(preTokenizer: PreTokenizer | null): WordSplitter | undefined {
  const steps = inLine(preTokenizer);
  const bytes = steps.pop();
  if (bytes === undefined || !mapsBytesOnly(bytes)) return undefined;
  const patterns = steps.flatMap((step) => isolatedPattern(step) ?? []);
  if (patterns.length < steps.length) return undefined;
  return {
    split(text) {
      let pieces = [text];
      for (const pattern of patterns) {
        const [only] = pieces;
        pieces =
          pieces.length === 1 && only !== undefined
            ? isolate(only, pattern)
            : pieces.flatMap((piece) => isolate(piece, pattern));
      }
      return pieces;
    },
    toBytes: bytes.pre_tokenize.bind(bytes),
  };
}

/** The steps of a pre-tokenizer, those of sequences inside it in their places. */
function inLine(part: PreTokenizer | null): PreTokenizer[] {
  if (part === null) return [];
  return part.tokenizers === undefined ? [part] : part.tokenizers.flatMap(inLine);
}

function mapsBytesOnly({ config }: PreTokenizer): boolean {
  return config?.type === 'ByteLevel' && config.use_regex === false && !config.add_prefix_space;
}

function isolatedPattern({ config, pattern }: PreTokenizer): RegExp | undefined {
  const isolates = config?.type === 'Split' && config.behavior === 'Isolated' && !config.invert;
  return isolates && pattern instanceof RegExp ? pattern : undefined;
}

/** The matches of a pattern and what lies between them. */
function isolate(text: string, pattern: RegExp): string[] {
  const found = text.match(pattern);
  if (found === null) return [text];
  let length = 0;
  for (const { length: more } of found) length += more;
  // most patterns leave nothing out, and then the places of the matches need not be known
  return length === text.length ? found : withBetween(text, pattern);
}

function withBetween(text: string, pattern: RegExp): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const { 0: match, index } of text.matchAll(pattern)) {
    if (index > from) pieces.push(text.slice(from, index));
    pieces.push(match);
    from = index + match.length;
  }
  pieces.push(text.slice(from));
  return pieces;
}
