import type { Grown } from './grow-tree.js';
import type { Seedling } from './shape.js';
import type { TokenArena } from './token-arena.js';
import type { Tree } from './tree.js';

/** What grew as a tree, its tokens kept in an arena. */
export function plantTree(grown: Grown, seedling: Seedling, origin: Tree['origin'], arena: TokenArena): Tree {
  const { prompt, label, grades, confidence, margin } = seedling;
  return {
    trunk: arena.store(grown.trunk),
    branches: grown.responses.map((ids) => ({ ids: arena.store(ids) })),
    origin,
    ...(grown.responses.length === 0 ? { asked: prompt } : {}),
    ...(label === undefined ? {} : { label }),
    ...(grades === undefined ? {} : { grades }),
    ...(confidence === undefined ? {} : { confidence }),
    ...(margin === undefined ? {} : { margin }),
  };
}
