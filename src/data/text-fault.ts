import type { DropReason } from './accounting.js';
import { plainText, type Side } from './records.js';

/** Why responses cannot be learnt from whatever the model is: one is empty, or two are the same; else undefined. */
export function textFault(responses: readonly Side[]): DropReason | undefined {
  const texts = responses.map((response) => plainText(response).normalize('NFC').trim());
  if (texts.some((text) => text === '')) return 'empty response';
  return texts.length > 1 && new Set(texts).size < texts.length ? 'equal responses' : undefined;
}
