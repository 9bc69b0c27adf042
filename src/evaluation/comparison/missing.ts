/** What a comparison could not have, as sentences; what several systems lack alike is one of them. */
export class Missing {
  readonly #systems = new Map<string, string[]>();

  note(sentence: string): void {
    this.#systems.set(sentence, []);
  }

  /** `what` follows a colon, without a full stop. */
  noteOf(system: string, what: string): void {
    const known = this.#systems.get(what);
    if (known === undefined) this.#systems.set(what, [system]);
    else known.push(system);
  }

  /** In the order in which they were noted first. */
  get sentences(): string[] {
    return [...this.#systems].map(([what, systems]) =>
      systems.length === 0 ? what : `${systems.join(', ')}: ${what}.`,
    );
  }
}
