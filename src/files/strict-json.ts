/** A JSON number as it was written, so that nothing is rounded before it is checked. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The value as a whole number from 0 to 2^53 - 1, or undefined when it is anything else (`1.0` and `1e3` included). */
  toCount(): number | undefined {
    if (!/^(?:0|[1-9][0-9]{0,15})$/.test(this.text)) return undefined;
    const value = Number(this.text);
    return Number.isSafeInteger(value) ? value : undefined;
  }
}

/** A parsed value; objects are maps, so that a key such as `__proto__` is a key like any other. */
export type StrictJson = string | boolean | null | JsonNumber | readonly StrictJson[] | ReadonlyMap<string, StrictJson>;

export type JsonRule = 'json' | 'duplicate-key' | 'depth';

/** Why a text was refused; callers turn it into their own error, with the file's name. */
export class JsonFault extends Error {
  readonly rule: JsonRule;

  constructor(rule: JsonRule, message: string) {
    super(message);
    this.name = 'JsonFault';
    this.rule = rule;
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
const LONE_SURROGATE = /\p{Surrogate}/u;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Parses RFC 8259 JSON as `JSON.parse` does, but refuses what that lets pass: a key given twice in one object,
 * a text with half a surrogate pair, nesting deeper than `maxDepth`. Throws `JsonFault`.
 */
export function parseStrictJson(text: string, maxDepth = 64): StrictJson {
  let at = 0;

  function fault(what: string): JsonFault {
    return new JsonFault('json', `${what} at character ${at}`);
  }

  function skipSpace(): void {
    SPACE.lastIndex = at;
    SPACE.test(text);
    at = SPACE.lastIndex;
  }

  function string(): string {
    const start = at;
    let plain = true;
    for (at++; ; at++) {
      if (at >= text.length) throw fault('a text without its closing quote');
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        plain = false;
        at++;
      } else if (code < 0x20) {
        throw fault('a control character inside a text');
      }
    }
    at++;
    if (plain) return text.slice(start + 1, at - 1);
    return unquote(text.slice(start, at));
  }

  function unquote(quoted: string): string {
    let value: unknown;
    try {
      value = JSON.parse(quoted);
    } catch {
      throw fault('a bad escape in the text that ends');
    }
    if (typeof value !== 'string' || LONE_SURROGATE.test(value))
      throw fault('half a surrogate pair in the text that ends');
    return value;
  }

  function word(expected: string, value: boolean | null): boolean | null {
    if (!text.startsWith(expected, at)) throw fault('something that is no JSON value');
    at += expected.length;
    return value;
  }

  function number(): JsonNumber {
    NUMBER.lastIndex = at;
    const match = NUMBER.exec(text);
    if (match === null) throw fault('something that is no JSON value');
    at = NUMBER.lastIndex;
    return new JsonNumber(match[0]);
  }

  function array(depth: number): StrictJson[] {
    const items: StrictJson[] = [];
    at++;
    skipSpace();
    if (text[at] === ']') {
      at++;
      return items;
    }
    for (;;) {
      items.push(value(depth));
      skipSpace();
      const separator = text[at];
      if (separator !== ',' && separator !== ']') throw fault('neither a comma nor the end of the list');
      at++;
      if (separator === ']') return items;
    }
  }

  function object(depth: number): Map<string, StrictJson> {
    const members = new Map<string, StrictJson>();
    at++;
    skipSpace();
    if (text[at] === '}') {
      at++;
      return members;
    }
    for (;;) {
      skipSpace();
      if (text[at] !== '"') throw fault('no key');
      const key = string();
      if (members.has(key)) throw new JsonFault('duplicate-key', `the key ${JSON.stringify(key)} is given twice`);
      skipSpace();
      if (text[at] !== ':') throw fault('no colon after a key');
      at++;
      members.set(key, value(depth));
      skipSpace();
      const separator = text[at];
      if (separator !== ',' && separator !== '}') throw fault('neither a comma nor the end of the object');
      at++;
      if (separator === '}') return members;
    }
  }

  function value(depth: number): StrictJson {
    if (depth >= maxDepth) throw new JsonFault('depth', `the nesting is deeper than ${maxDepth}`);
    skipSpace();
    switch (text[at]) {
      case '{':
        return object(depth + 1);
      case '[':
        return array(depth + 1);
      case '"':
        return string();
      case 't':
        return word('true', true);
      case 'f':
        return word('false', false);
      case 'n':
        return word('null', null);
      case undefined:
        throw fault('the end of the text where a value should be');
      default:
        return number();
    }
  }

  const result = value(0);
  skipSpace();
  if (at !== text.length) throw fault('something after the value');
  return result;
}

/** Whether a parsed value is an object. */
export function isJsonObject(value: StrictJson | undefined): value is ReadonlyMap<string, StrictJson> {
  return value instanceof Map;
}

/** Whether a parsed value is a list. */
export function isJsonArray(value: StrictJson | undefined): value is readonly StrictJson[] {
  return Array.isArray(value);
}
