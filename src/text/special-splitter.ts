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
  // most places begin no token, and a regular expression passes them faster than a look at each
  const beginning = anyOf(root.next.keys());

  return (text) => {
    const sections: Section[] = [];
    let start = 0;
    beginning.lastIndex = 0;
    while (beginning.test(text)) {
      const at = beginning.lastIndex - 1;
      const match = longestMatch(root, text, at);
      if (match === undefined) continue;
      if (at > start) sections.push(text.slice(start, at));
      sections.push(match.id);
      start = match.end;
      beginning.lastIndex = start;
    }
    if (start < text.length) sections.push(text.slice(start));
    return sections;
  };
}

/** Finds the UTF-16 units. */
function anyOf(units: Iterable<string>): RegExp {
  const escaped = Array.from(units, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return new RegExp(`[${escaped.join('')}]`, 'g');
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
