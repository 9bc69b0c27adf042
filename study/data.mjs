import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../scripts/setup.mjs';

const DATA = resolve(process.env.ORPO_DATA_DIR ?? join(root, '../shared/data'));
/** Our own pairs, always at hand. */
export const SUPPORT = {
  about: 'our own 216 support pairs, whose chosen and rejected answers differ much in style',
  train: join(root, 'examples/support/train.jsonl'),
  heldOut: join(root, 'examples/support/held-out.jsonl'),
};

/** A file of the data folder; undefined, and said, where it is not at hand. */
export function dataFile(name) {
  const path = join(DATA, name);
  if (existsSync(path)) return path;
  console.log(`  ${path} is not there: what needs it is left out; name its folder with ORPO_DATA_DIR`);
  return undefined;
}

export function rowsOf(path) {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Writes rows as a file of the study's folder; its path. */
export function writeRows(workshop, name, rows) {
  const folder = join(workshop.folder, 'data');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The rows in an order that depends on the seed. */
export function shuffled(rows, seed) {
  const random = randomFrom(seed);
  const result = [...rows];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

/** Harmless-base dialogues short enough for small models, apart: to train on and held out; undefined without any. */
export function dialogues(workshop) {
  const { heldOut } = workshop.scale.dialogues;
  const path = dataFile('hh-rlhf-harmless.jsonl');
  if (path === undefined) return undefined;
  const short = shuffled(
    rowsOf(path).filter(({ chosen, rejected }) => Math.max(chosen.length, rejected.length) < 900),
    7,
  );
  return {
    about: 'short dialogues of hh-rlhf-harmless, whose answers are often much alike',
    train: writeRows(workshop, 'dialogues-train.jsonl', short.slice(heldOut)),
    heldOut: writeRows(workshop, 'dialogues-held-out.jsonl', short.slice(0, heldOut)),
  };
}

/** BLiMP's pairs of a grammatical sentence and one that is not, of all paradigms at hand, apart; undefined without any. */
export function minimalPairs(workshop) {
  const { heldOut } = workshop.scale.minimalPairs;
  const files = existsSync(DATA) ? readdirSync(DATA).filter((name) => /^blimp-.*\.jsonl$/.test(name)) : [];
  if (files.length === 0) {
    console.log(`  ${DATA} holds no blimp-*.jsonl: our own pairs take their place; name its folder with ORPO_DATA_DIR`);
    return undefined;
  }
  const rows = shuffled(
    files.sort().flatMap((name) => rowsOf(join(DATA, name))),
    7,
  ).filter(({ chosen, rejected }) => chosen !== rejected);
  return {
    about: `BLiMP's minimal pairs of ${files.length} paradigms: one sentence is grammatical, the other is not, and both are about as long`,
    rows: rows.slice(heldOut),
    heldOut: writeRows(workshop, 'minimal-pairs-held-out.jsonl', rows.slice(0, heldOut)),
    batch: 16,
  };
}

/** Our own pairs in the same form. */
export function supportPairs() {
  return {
    about: SUPPORT.about,
    rows: shuffled(rowsOf(SUPPORT.train), 3),
    heldOut: SUPPORT.heldOut,
    batch: 4,
  };
}
