/** The beginning of a text on one line of `width` characters; `…` stands for what is cut off. */
export function cutTo(text: string, width: number): string {
  const characters = onOneLine(text);
  return characters.length <= width ? characters.join('') : `${characters.slice(0, width - 1).join('')}…`;
}

/** The end of a text on one line of `width` characters; `…` stands for what is cut off. */
export function endOf(text: string, width: number): string {
  const characters = onOneLine(text);
  return characters.length <= width ? characters.join('') : `…${characters.slice(1 - width).join('')}`;
}

function onOneLine(text: string): string[] {
  return [...text.replace(/\s+/g, ' ')];
}
