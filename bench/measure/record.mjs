/** The results of a benchmark on the disk: written after every repeat, so that what was cut off goes on where it stopped. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export class Record {
  #path;
  #content;

  /** `settings`: what must be the same for earlier repeats to count. */
  constructor(path, { date, machine, settings, fresh }) {
    this.#path = path;
    const before = !fresh && existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
    const same = before !== undefined && countable(before.settings) === countable(settings);
    this.#content = { date, machine, settings, cases: same ? before.cases : {} };
  }

  get content() {
    return this.#content;
  }

  /** What is known of a case. */
  of(name) {
    return this.#content.cases[name];
  }

  update(name, change) {
    this.#content.cases[name] = { ...this.#content.cases[name], ...change };
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(`${this.#path}.part`, `${JSON.stringify(this.#content, undefined, 1)}\n`);
    renameSync(`${this.#path}.part`, this.#path);
  }
}

/** The words of the command may differ: they say what is measured beside, and for how long. */
function countable({ command: _command, ...rest }) {
  return JSON.stringify(rest);
}
