/** Lets at most `most` bodies run at a time; the others wait in their order. */
export class Gate {
  readonly #most: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  async run<T>(body: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#running++;
    try {
      return await body();
    } finally {
      const next = this.#waiting.shift();
      // the place passes on without ever being free
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
