import { OrpoError } from '../errors.js';

/** What a chat template may use up while it renders once. Templates come with models, so they are not trusted. */
export interface TemplateLimits {
  /** Items visited by all loops together. */
  readonly iterations: number;
  /** Macro and function calls inside one another. */
  readonly calls: number;
  /** Syntax nodes inside one another, counted while they are evaluated. */
  readonly depth: number;
  /** Lists, mappings and namespaces inside one another. */
  readonly dataDepth: number;
  /** Items of one list. */
  readonly items: number;
  /** UTF-16 units of one string and of the rendered text. */
  readonly output: number;
  /** UTF-16 units and list items copied by filters, methods and slices together. */
  readonly copied: number;
  readonly milliseconds: number;
}

export const DEFAULT_LIMITS: TemplateLimits = {
  iterations: 100_000,
  calls: 100,
  depth: 500,
  dataDepth: 100,
  items: 100_000,
  output: 4 * 1024 * 1024,
  copied: 64 * 1024 * 1024,
  milliseconds: 1000,
};

/** Text written by macros and `set` blocks is written again where they are used, so more may be written than comes out. */
const WRITTEN_PER_OUTPUT = 4;

/** A list item takes about as much memory as this many characters. */
const UNITS_PER_ITEM = 16;

/** The clock is read once in this many steps. */
const STEPS_PER_CLOCK = 64;

export function templateError(message: string, hint?: string, options?: ErrorOptions): OrpoError {
  return new OrpoError(
    'template',
    message,
    hint ?? 'Give the model a simpler chat template (chat_template.jinja in its folder), or plain prompt texts.',
    options,
  );
}

/** Counts what one render uses and throws `OrpoError('template')` when a limit is passed. */
export class TemplateBudget {
  readonly limits: TemplateLimits;
  readonly #deadline: number;
  #iterations = 0;
  #calls = 0;
  #depth = 0;
  #steps = 0;
  #written = 0;
  #copied = 0;

  constructor(limits: TemplateLimits) {
    this.limits = limits;
    this.#deadline = performance.now() + limits.milliseconds;
  }

  enter(): void {
    this.#depth++;
    this.nested(0);
    if (++this.#steps % STEPS_PER_CLOCK === 0) this.checkClock();
  }

  leave(): void {
    this.#depth--;
  }

  /** Another `levels` of syntax are about to be evaluated at once. */
  nested(levels: number): void {
    if (this.#depth + levels > this.limits.depth) {
      throw templateError(`The chat template nests more than ${this.limits.depth} levels deep.`);
    }
  }

  enterCall(): void {
    if (++this.#calls > this.limits.calls) {
      throw templateError(`The chat template calls itself more than ${this.limits.calls} levels deep.`);
    }
  }

  leaveCall(): void {
    this.#calls--;
  }

  iterate(items: number): void {
    this.#iterations += items;
    if (this.#iterations > this.limits.iterations) {
      throw templateError(`The chat template loops more than ${this.limits.iterations} times.`);
    }
  }

  /** A string of `length` units is about to exist. */
  text(length: number): void {
    if (!(length <= this.limits.output)) {
      throw templateError(`The chat template builds a text of more than ${this.limits.output} characters.`);
    }
  }

  /** A list of `length` items is about to exist. */
  list(length: number): void {
    if (!(length <= this.limits.items)) {
      throw templateError(`The chat template builds a list of more than ${this.limits.items} items.`);
    }
  }

  /** A list of `length` items is about to be made from another. */
  copyItems(length: number): void {
    this.list(length);
    this.copy(length * UNITS_PER_ITEM);
  }

  write(length: number): void {
    this.text(length);
    this.#written += length;
    if (this.#written > this.limits.output * WRITTEN_PER_OUTPUT) {
      throw templateError(`The chat template writes more than ${this.limits.output * WRITTEN_PER_OUTPUT} characters.`);
    }
  }

  copy(units: number): void {
    this.#copied += units;
    if (this.#copied > this.limits.copied) {
      throw templateError(`The chat template copies more than ${this.limits.copied} characters.`);
    }
    this.checkClock();
  }

  checkClock(): void {
    if (performance.now() > this.#deadline) {
      throw templateError(`The chat template takes longer than ${this.limits.milliseconds} ms.`);
    }
  }
}
