/** A piece of text in a doubly linked list of pieces; a piece of length 0 has been merged into its left neighbour. */
interface Piece {
  text: string;
  previous: number;
  next: number;
}

/** Two neighbours that make a token, and the pieces they were when this was found. */
interface Candidate {
  readonly left: number;
  readonly right: number;
  readonly text: string;
  readonly score: number;
}

/**
 * SentencePiece's byte-pair encoding: of all neighbours whose concatenation is a token, the one with the highest score is
 * merged, the leftmost among equals, until none is left. Pieces start as single code points; those that end up outside
 * the vocabulary are the caller's to deal with.
 * `scoreOf` gives a token's score, undefined for what is no token.
 */
export function mergeByScore(text: string, scoreOf: (token: string) => number | undefined): string[] {
  const pieces: Piece[] = Array.from(text, (point, i) => ({ text: point, previous: i - 1, next: i + 1 }));
  const heap: Candidate[] = [];
  const consider = (left: number, right: number): void => {
    const a = pieces[left];
    const b = pieces[right];
    if (a === undefined || b === undefined) return;
    const joined = a.text + b.text;
    const score = scoreOf(joined);
    if (score !== undefined) push(heap, { left, right, text: joined, score });
  };

  for (let i = 1; i < pieces.length; i++) consider(i - 1, i);
  for (let best = pop(heap); best !== undefined; best = pop(heap)) {
    const left = pieces[best.left];
    const right = pieces[best.right];
    // a neighbour that has changed since makes the candidate out of date
    if (left === undefined || right === undefined || left.text === '' || right.text === '') continue;
    if (left.text + right.text !== best.text || left.next !== best.right) continue;
    left.text = best.text;
    right.text = '';
    left.next = right.next;
    const after = pieces[right.next];
    if (after !== undefined) after.previous = best.left;
    consider(left.previous, best.left);
    consider(best.left, left.next);
  }
  return pieces.flatMap((piece) => (piece.text === '' ? [] : [piece.text]));
}

const before = (a: Candidate, b: Candidate) => a.score > b.score || (a.score === b.score && a.left < b.left);

function push(heap: Candidate[], item: Candidate): void {
  let at = heap.length;
  heap.push(item);
  while (at > 0) {
    const parentAt = (at - 1) >> 1;
    const parent = heap[parentAt];
    if (parent === undefined || !before(item, parent)) break;
    heap[at] = parent;
    at = parentAt;
  }
  heap[at] = item;
}

function pop(heap: Candidate[]): Candidate | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let childAt = 2 * at + 1;
    let child = heap[childAt];
    if (child === undefined) break;
    const sibling = heap[childAt + 1];
    if (sibling !== undefined && before(sibling, child)) {
      child = sibling;
      childAt++;
    }
    if (!before(child, last)) break;
    heap[at] = child;
    at = childAt;
  }
  heap[at] = last;
  return top;
}
