import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { orpo } from '../scripts/run-orpo.mjs';

/** What a finished run or recipe leaves. */
const FINISHED = ['result.json', 'summary.json'];

/** Where a part of the study works: trains through the command line, never the same thing twice, within its time. */
export class Workshop {
  constructor({ folder, scale, minutes }) {
    this.folder = folder;
    this.scale = scale;
    this.deadline = performance.now() + minutes * 60_000;
    /** Sentences about what the time did not allow. */
    this.leftOut = [];
    /** What was not at hand. */
    this.absent = [];
    /** Settings of the runs, as the page shows them. */
    this.configs = new Map();
  }

  /** Whether there is time for another run, or the one called `name` is there; if not, the page says that `what` is missing. */
  allows(what, name = undefined) {
    const done = name !== undefined && FINISHED.some((file) => existsSync(join(this.folder, name, file)));
    if (done || performance.now() < this.deadline) return true;
    this.leftOut.push(what);
    return false;
  }

  /** What was not at hand, for the page. */
  missing(what) {
    this.absent.push(what);
  }

  /** A finished run of `config` under a name of its own: its records, its folder and what `generate` and `score` take. */
  async train(name, config) {
    const output = await this.#made(name, config, 'result.json');
    const adapter = join(output, 'adapter');
    return {
      output,
      metrics: readLines(join(output, 'metrics.jsonl')),
      result: this.readJson(join(output, 'result.json')),
      model: existsSync(adapter) ? ['--model', config.model, '--adapter', adapter] : ['--model', join(output, 'model')],
    };
  }

  /** A finished recipe: its folder, what it says of its stages, and what `generate` and `score` take. */
  async recipe(name, config) {
    const output = await this.#made(name, config, 'summary.json');
    const summary = this.readJson(join(output, 'summary.json'));
    const { model, adapter, base } = summary;
    const trained =
      adapter === undefined
        ? ['--model', join(output, model)]
        : ['--model', join(output, base), '--adapter', join(output, adapter)];
    return { output, summary, model: trained };
  }

  /** The folder of what is made under this name: as it is, carried on, or made anew where its settings or data changed. */
  async #made(name, config, last) {
    const { output, file, begun } = this.#prepared(name, config);
    if (existsSync(join(output, last))) return output;
    await orpo(begun ? ['resume', output] : ['train', file], ({ type, step }) => {
      if (type === 'step') process.stderr.write(`\r  ${name} ${step}  `);
    });
    process.stderr.write('\r\x1b[K');
    return output;
  }

  /** Writes the settings of a run; its folder, emptied where it holds another's, and whether it was begun. */
  #prepared(name, config) {
    const output = join(this.folder, name);
    this.configs.set(name, config);
    const file = `${output}.json`;
    const text = `${JSON.stringify({ ...config, output }, undefined, 1)}\n`;
    const origin = `${output}.origin`;
    const from = createHash('sha256')
      .update(JSON.stringify([text, this.#contents(config)]))
      .digest('hex');
    const same = existsSync(origin) && readFileSync(origin, 'utf8') === from;
    if (!same) rmSync(output, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(file, text);
    writeFileSync(origin, from);
    const begun = ['config.json', 'recipe.json'].some((kept) => existsSync(join(output, kept)));
    return { output, file, begun };
  }

  /** What settings name, by what it holds: files by a digest, what another run made by where that came from. */
  #contents(value) {
    if (typeof value === 'object') return Object.values(value).map((one) => this.#contents(one));
    if (typeof value !== 'string' || !isAbsolute(value)) return undefined;
    if (value.startsWith(`${this.folder}/`)) {
      const [made] = value.slice(this.folder.length + 1).split('/');
      const origin = `${join(this.folder, made)}.origin`;
      if (existsSync(origin)) return readFileSync(origin, 'utf8');
    }
    return existsSync(value) && statSync(value).isFile() ? contentOf(value) : undefined;
  }

  /**
   * Carries on a sweep under a name of its own until it is finished or the time is over: its summary, undefined where it is
   * not finished. It is made anew where its settings changed.
   */
  async sweep(name, config) {
    const { output, file, begun } = this.#prepared(name, config);
    const summary = join(output, 'summary.json');
    const limit = this.deadline - performance.now();
    if (existsSync(summary)) return readSummary(summary);
    if (limit <= 0) return undefined;
    const follow = ({ type, stage, cell, step }) => {
      if (type === 'step') process.stderr.write(`\r\x1b[K  ${cell ?? stage ?? ''} ${step}`);
    };
    const records = await orpo(begun ? ['resume', output] : ['train', file], follow, limit);
    process.stderr.write('\r\x1b[K');
    return records === undefined ? undefined : readSummary(summary);
  }

  /** What `orpo ARGS --json` prints; answers that do not depend on the time are kept while the files named stay as they are. */
  async remembered(args) {
    const key = createHash('sha256')
      .update(JSON.stringify(args.map((arg) => [arg, contentOf(arg)])))
      .digest('hex')
      .slice(0, 24);
    const file = join(this.folder, 'answers', `${key}.json`);
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
    const records = await orpo(args);
    mkdirSync(join(this.folder, 'answers'), { recursive: true });
    writeFileSync(file, JSON.stringify(records));
    return records;
  }

  readJson(path) {
    return JSON.parse(readFileSync(path, 'utf8'));
  }

  /** Log-probs of held-out pairs under a model: a row a pair, and how many are the right way round. */
  async score(model, data) {
    const records = await this.remembered(['score', ...model, '--precision', 'auto', '--data', data]);
    const rows = records.filter(({ type }) => type === 'row');
    const margins = rows.map(({ logps, tokens }) => logps.chosen / tokens.chosen - logps.rejected / tokens.rejected);
    const right = margins.map((margin) => (margin > 0 ? 1 : margin === 0 ? 0.5 : 0));
    return { rows, margins, right };
  }
}

/** A digest of a file or of the files of a folder, by which another under the same name is told; undefined for other words. */
function contentOf(path) {
  if (!existsSync(path)) return undefined;
  const digest = createHash('sha256');
  if (!statSync(path).isDirectory()) return digest.update(readFileSync(path)).digest('hex');
  const files = readdirSync(path).sort();
  return digest.update(JSON.stringify(files.map((name) => [name, contentOf(join(path, name))]))).digest('hex');
}

/** JSON has no numbers that are none. */
function readSummary(path) {
  return JSON.parse(readFileSync(path, 'utf8'), (_, value) => (value === null ? Number.NaN : value));
}

function readLines(path) {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
