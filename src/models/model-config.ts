import { OrpoError } from '../errors.js';

/** Reads a Hugging Face config.json; a missing or mistyped key is an error that names it. */
export class ModelConfig {
  readonly values: Readonly<Record<string, unknown>>;
  /** What errors call it. */
  readonly origin: string;

  constructor(values: Readonly<Record<string, unknown>>, origin: string) {
    this.values = values;
    this.origin = origin;
  }

  get modelType(): string {
    return this.text('model_type');
  }

  /** Whether the key is written, `null` included. */
  has(key: string): boolean {
    return this.values[key] !== undefined;
  }

  number(key: string, fallback?: number): number {
    return this.#read(key, 'a number', isNumber, fallback);
  }

  optionalNumber(key: string): number | undefined {
    return this.#absent(key) ? undefined : this.number(key);
  }

  /** A number above 0. */
  positive(key: string, fallback?: number): number {
    return this.#read(key, 'a number above 0', isPositive, fallback);
  }

  optionalPositive(key: string): number | undefined {
    return this.#absent(key) ? undefined : this.positive(key);
  }

  /** A number from 0 on. */
  share(key: string, fallback?: number): number {
    return this.#read(key, 'a number from 0 on', isShare, fallback);
  }

  /** A whole number above 0, `most` at most. */
  count(key: string, fallback?: number, most: number = Number.MAX_SAFE_INTEGER): number {
    const expected = `a whole number from 1 ${most === Number.MAX_SAFE_INTEGER ? 'on' : `to ${most}`}`;
    return this.#read(key, expected, (value): value is number => isCount(value) && value <= most, fallback);
  }

  optionalCount(key: string): number | undefined {
    return this.#absent(key) ? undefined : this.count(key);
  }

  flag(key: string, fallback: boolean): boolean {
    return this.#read(key, 'true or false', isBoolean, fallback);
  }

  text(key: string, fallback?: string): string {
    return this.#read(key, 'a string', isString, fallback);
  }

  texts(key: string): readonly string[] | undefined {
    return this.#absent(key) ? undefined : this.#read(key, 'a list of strings', isTexts, undefined);
  }

  /** A nested object as a config of its own, or undefined when it is absent or null. */
  section(key: string): ModelConfig | undefined {
    if (this.#absent(key)) return undefined;
    const value = this.#read(key, 'an object', isMapping, undefined);
    return new ModelConfig(Object.fromEntries(Object.entries(value)), `${this.origin} ${key}`);
  }

  /** What is wrong with a key, as an error. */
  fault(key: string, expected: string): OrpoError {
    const value = this.values[key];
    const found = value === undefined ? 'is missing' : `is ${shown(value)}`;
    return new OrpoError(
      'model',
      `${this.origin}: "${key}" ${found}, ${expected} was expected.`,
      'Use the config.json that came with the weights.',
    );
  }

  #absent(key: string): boolean {
    return this.values[key] === undefined || this.values[key] === null;
  }

  #read<T>(key: string, expected: string, is: (value: unknown) => value is T, fallback: T | undefined): T {
    const value = this.values[key];
    if (is(value)) return value;
    if (this.#absent(key) && fallback !== undefined) return fallback;
    throw this.fault(key, expected);
  }
}

const LONGEST_SHOWN = 80;

function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isPositive = (value: unknown): value is number => isNumber(value) && value > 0;
const isShare = (value: unknown): value is number => isNumber(value) && value >= 0;
const isCount = (value: unknown): value is number => isPositive(value) && Number.isSafeInteger(value);
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isString = (value: unknown): value is string => typeof value === 'string';
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isString);
const isMapping = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
