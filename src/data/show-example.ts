import type { Tokenizer } from '../text/tokenizer.js';
import type { Grown } from './grow-tree.js';
import { type Rendered, type RenderSettings, renderStyle, renderTexts } from './render.js';
import type { Seedling } from './shape.js';

/** A stretch of an example: context, learnt, or cut off. */
export interface Piece {
  readonly text: string;
  readonly role: 'prompt' | 'trained' | 'cut';
}

/** One row as the model will see it: a list of pieces per response, each beginning with the prompt. */
export interface Example {
  readonly row: number;
  readonly responses: readonly (readonly Piece[])[];
}

/** The pieces of an example by its tokens, before (`whole`) and after it was cut to length. */
export function showTokens(row: number, whole: Rendered, grown: Grown, tokenizer: Tokenizer): Example {
  const prompt = promptPieces(whole.trunk, grown.trunk, tokenizer);
  const responses = grown.responses.map((ids, i) => {
    const lost = (whole.responses[i] ?? []).slice(ids.length);
    return tidy([
      ...prompt,
      { text: tokenizer.decode([...ids]), role: 'trained' },
      { text: tokenizer.decode(lost), role: 'cut' },
    ]);
  });
  return { row, responses };
}

/** The pieces of an example by its text alone, where no tokenizer is at hand. */
export function showText(row: number, seedling: Seedling, settings: Pick<RenderSettings, 'template'>): Example {
  const style = renderStyle(seedling.prompt, settings);
  const textsWith = renderTexts(style, seedling.prompt, settings.template);
  const responses = seedling.responses.map((response) => {
    const texts = textsWith(response);
    return tidy([
      { text: texts.prompt, role: 'prompt' },
      { text: texts.response, role: 'trained' },
    ]);
  });
  return { row, responses };
}

/** What was cut lies before the longest end that both versions share and behind what is left of their beginning. */
function promptPieces(whole: readonly number[], kept: readonly number[], tokenizer: Tokenizer): Piece[] {
  if (whole.length === kept.length) return [{ text: tokenizer.decode([...kept]), role: 'prompt' }];
  let tail = 0;
  while (tail < kept.length && whole[whole.length - 1 - tail] === kept[kept.length - 1 - tail]) tail++;
  const head = kept.length - tail;
  return [
    { text: tokenizer.decode(whole.slice(0, head)), role: 'prompt' },
    { text: tokenizer.decode(whole.slice(head, whole.length - tail)), role: 'cut' },
    { text: tokenizer.decode(whole.slice(whole.length - tail)), role: 'prompt' },
  ];
}

function tidy(pieces: readonly Piece[]): Piece[] {
  return pieces.filter((piece) => piece.text !== '');
}
