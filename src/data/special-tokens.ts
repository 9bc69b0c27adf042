import type { Tokenizer } from '../text/tokenizer.js';

/** Finds the special tokens of a tokenizer spelled out in a text: the tokenizer takes them for the tokens themselves. */
export function specialPattern(tokenizer: Tokenizer): RegExp {
  const spelled = [...tokenizer.specialIds()].map((id) => tokenizer.tokenText(id) ?? '').filter((text) => text !== '');
  const escaped = spelled.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return escaped.length === 0 ? /(?!)/ : new RegExp(escaped.join('|'));
}
