/** A stretch of text, or the id of a special token that stands there. */
export type Section = string | number;

interface TrieNode {
  id: number | undefined;
  readonly next: Map<string, TrieNode>;
}

/** Cuts texts at special tokens: the leftmost first, the longest where several begin. */
export function specialSplitter(tokens: Iterable<readonly [text: string, id: number]>): (text: string) => Section[] {
  const root: TrieNode = { id: undefined, next: new Map() };
  for (const [text, id] of tokens) {
    if (text === '') continue;
    let node = root;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charAt(i);
      const child: TrieNode = node.next.get(unit) ?? { id: undefined, next: new Map() };
      node.next.set(unit, child);
      node = child;
    }
    node.id = id;
  }

  return (text) => {
    const sections: Section[] = [];
    let start = 0;
    for (let at = 0; at < text.length; ) {
      const match = longestMatch(root, text, at);
      if (match === undefined) {
        at++;
        continue;
      }
      if (at > start) sections.push(text.slice(start, at));
      sections.push(match.id);
      at = match.end;
      start = at;
    }
    if (start < text.length) sections.push(text.slice(start));
    return sections;
  };
}

function longestMatch(root: TrieNode, text: string, start: number): { id: number; end: number } | undefined {
  let found: { id: number; end: number } | undefined;
  let node: TrieNode | undefined = root;
  for (let at = start; at < text.length; at++) {
    node = node.next.get(text.charAt(at));
    if (node === undefined) break;
    if (node.id !== undefined) found = { id: node.id, end: at + 1 };
  }
  return found;
}
