import { z } from 'zod';
import { nearest, OrpoError } from '../errors.js';

export interface ConfigFault {
  /** What errors call the configuration: its file. */
  readonly origin: string;
  /** The mappings a configuration may be, one a kind. */
  readonly kinds: readonly z.ZodObject[];
  /** The page that lists every key. */
  readonly page: string;
}

/** The first thing that is wrong with a configuration, as an error that names the key and, for a typo, the nearest known one. */
export function configError(issue: z.core.$ZodIssue, input: unknown, { origin, kinds, page }: ConfigFault): OrpoError {
  if (issue.code === 'unrecognized_keys') return unknownKey(issue.keys[0] ?? '', issue.path, { origin, kinds, page });
  const key = issue.path.join('.');
  const value = valueAt(input, issue.path);
  return new OrpoError(
    'config',
    key === ''
      ? `${origin} must be a mapping of keys to values.`
      : `${origin}: "${key}" ${value === undefined ? 'is missing' : `is ${JSON.stringify(value)}`}: ${issue.message}.`,
    `${page} lists every key with its type, range and default.`,
  );
}

function unknownKey(key: string, path: readonly PropertyKey[], { origin, kinds }: ConfigFault): OrpoError {
  const known = keysAt(path, kinds);
  const full = [...path, key].join('.');
  const near = nearest(key, known);
  const hint = near === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean "${[...path, near].join('.')}"?`;
  return new OrpoError('config', `${origin}: unknown key "${full}".`, hint);
}

/** Known keys of the mapping at `path`, of any kind. */
function keysAt(path: readonly PropertyKey[], kinds: readonly z.ZodObject[]): string[] {
  const keys = new Set<string>();
  for (const option of kinds) {
    let schema: z.ZodType = option;
    for (const part of path) {
      const outer = unwrap(schema);
      if (outer instanceof z.ZodObject || outer instanceof z.ZodRecord) schema = unwrap(childOf(outer, part));
    }
    const inner = unwrap(schema);
    if (inner instanceof z.ZodObject) for (const key of Object.keys(inner.shape)) keys.add(key);
  }
  return [...keys];
}

function childOf(schema: z.ZodObject | z.ZodRecord, part: PropertyKey): z.ZodType {
  const child: unknown = schema instanceof z.ZodObject ? schema.shape[String(part)] : schema.valueType;
  return child instanceof z.ZodType ? child : z.never();
}

function unwrap(schema: z.ZodType): z.ZodType {
  let inner: unknown = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault)
    inner = inner.unwrap();
  return inner instanceof z.ZodType ? inner : schema;
}

/** The value at `path` of nested mappings, or undefined. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.entries(value).find(([key]) => key === String(part))?.[1];
  }
  return value;
}
