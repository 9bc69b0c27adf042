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
    return this.values[key] === undefined || this.values[key] === null ? undefined : this.number(key);
  }

  flag(key: string, fallback: boolean): boolean {
    return this.#read(key, 'true or false', isBoolean, fallback);
  }

  text(key: string, fallback?: string): string {
    return this.#read(key, 'a string', isString, fallback);
  }

  texts(key: string): readonly string[] | undefined {
    const value = this.values[key];
    return Array.isArray(value) && value.every(isString) ? value : undefined;
  }

  /** A nested object as a config of its own, or undefined when it is absent or null. */
  section(key: string): ModelConfig | undefined {
    const value = this.values[key];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return new ModelConfig(Object.fromEntries(Object.entries(value)), `${this.origin} ${key}`);
  }

  #read<T>(key: string, expected: string, is: (value: unknown) => value is T, fallback: T | undefined): T {
    const value = this.values[key];
    if (is(value)) return value;
    if ((value === undefined || value === null) && fallback !== undefined) return fallback;
    const found = value === undefined ? 'is missing' : `is ${JSON.stringify(value)}`;
    throw new OrpoError(
      'model',
      `${this.origin}: "${key}" ${found}, ${expected} was expected.`,
      'Use the config.json that came with the weights.',
    );
  }
}

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isString = (value: unknown): value is string => typeof value === 'string';
