const VOID = new Set(['meta', 'input', 'br', 'img', 'link', 'hr']);
const TAG = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w-]+(?:="[^"<>]*")?)*)\s*(\/?)>/g;

/** What is wrong with the elements of a page or a drawing: ends that no beginning belongs to, elements left open, and angles that belong to no tag. */
export function faultsOf(page: string): string[] {
  const text = page.replace(/<!doctype html>/, '').replace(/<(style|script)>[\s\S]*?<\/\1>/g, '');
  const faults: string[] = [];
  const open: string[] = [];
  for (const [tag, end, name = '', , closed] of text.matchAll(TAG)) {
    if (closed === '/' || VOID.has(name)) continue;
    if (end !== '/') open.push(name);
    else if (open.pop() !== name) faults.push(`${tag} ends what it did not begin`);
  }
  const rest = text.replace(TAG, '');
  return [...faults, ...open.map((name) => `<${name}> is left open`), ...(rest.match(/[<>].{0,40}/g) ?? [])];
}

/** What a drawing writes, in its order. */
export function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);
}

/** All numbers that a drawing puts something at. */
export function placesOf(svg: string): number[] {
  return [...svg.matchAll(/ (?:x|y|x1|x2|y1|y2|cx|cy|d|width|height)="([^"]*)"/g)].flatMap(([, value = '']) =>
    (value.match(/-?[\d.]+|NaN|Infinity/g) ?? []).map(Number),
  );
}
