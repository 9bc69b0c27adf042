/**
 * Markers of the chat templates in use. In the text of a row they tell that it was rendered already, by a template
 * that need not be the model's: `<|…|>` in any spelling, Llama's and Mistral's brackets, Gemma's turns, Alpaca's and
 * Vicuna's headings.
 */
const MARKER = new RegExp(
  [
    String.raw`<[|｜][^\s|｜<>]{1,40}[|｜]>`,
    String.raw`\[/?INST\]`,
    '<</?SYS>>',
    '<(?:start|end)_of_turn>',
    '</s>',
    String.raw`^#{2,3} (?:Instruction|Input|Response|Human|User|Assistant|System):?\s*$`,
  ].join('|'),
  'm',
);

/** The first marker of a chat template in a text. */
export function templateMarker(text: string): string | undefined {
  return MARKER.exec(text)?.[0];
}

/**
 * The first control token of the tokenizer, or marker of a chat template, that one of some texts spells.
 *
 * @param special finds control tokens; see `specialPattern`
 */
export function controlToken(texts: readonly string[], special: RegExp | undefined): string | undefined {
  for (const text of texts) {
    const found = special?.exec(text)?.[0] ?? templateMarker(text);
    if (found !== undefined) return found;
  }
  return undefined;
}
