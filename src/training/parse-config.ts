import { z } from 'zod';
import { nearest, OrpoError } from '../errors.js';
import { onlineMethods } from '../objectives/online/registry.js';
import { methods } from '../objectives/registry.js';
import { type RunConfig, runConfig } from './config.js';

/**
 * Fills in defaults and refuses what is unknown or out of range.
 *
 * @param origin what errors call the configuration: its file
 * @throws OrpoError `config` that names the key and, for a typo, the nearest known one
 */
export function parseConfig(input: unknown, origin = 'config'): RunConfig {
  const parsed = runConfig.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue === undefined) throw new OrpoError('config', `${origin} is not a configuration.`, 'See docs/config.md.');
  if (issue.code === 'unrecognized_keys') throw unknownKey(issue.keys[0] ?? '', issue.path, origin);
  const key = issue.path.join('.');
  if (issue.code === 'invalid_union' && key === 'method') throw unknownMethod(valueAt(input, issue.path), origin);
  const missing = valueAt(input, issue.path) === undefined;
  throw new OrpoError(
    'config',
    key === ''
      ? `${origin} must be a mapping of keys to values.`
      : `${origin}: "${key}" ${missing ? 'is missing' : `is ${JSON.stringify(valueAt(input, issue.path))}`}: ${issue.message}.`,
    'docs/config.md lists every key with its type, range and default.',
  );
}

function unknownMethod(method: unknown, origin: string): OrpoError {
  const names = [...Object.keys(methods), ...Object.keys(onlineMethods)];
  const near = typeof method === 'string' ? nearest(method, names) : undefined;
  return new OrpoError(
    'config',
    `${origin}: "method" ${method === undefined ? 'is missing' : `is ${JSON.stringify(method)}, which is not known`}.`,
    near === undefined ? `Use one of ${names.join(', ')}; \`orpo methods\` explains them.` : `Did you mean "${near}"?`,
  );
}

function unknownKey(key: string, path: readonly PropertyKey[], origin: string): OrpoError {
  const known = keysAt(path);
  const full = [...path, key].join('.');
  const near = nearest(key, known);
  const hint = near === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean "${[...path, near].join('.')}"?`;
  return new OrpoError('config', `${origin}: unknown key "${full}".`, hint);
}

/** Known keys of the mapping at `path`, of any method. */
function keysAt(path: readonly PropertyKey[]): string[] {
  const keys = new Set<string>();
  for (const option of runConfig.options) {
    let schema: z.ZodType = option;
    for (const part of path)
      schema = unwrap(unwrap(schema) instanceof z.ZodObject ? childOf(unwrap(schema), part) : schema);
    const inner = unwrap(schema);
    if (inner instanceof z.ZodObject) for (const key of Object.keys(inner.shape)) keys.add(key);
  }
  return [...keys];
}

function childOf(schema: z.ZodType, part: PropertyKey): z.ZodType {
  const child: unknown = schema instanceof z.ZodObject ? schema.shape[String(part)] : undefined;
  return child instanceof z.ZodType ? child : z.never();
}

function unwrap(schema: z.ZodType): z.ZodType {
  let inner: unknown = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault)
    inner = inner.unwrap();
  return inner instanceof z.ZodType ? inner : schema;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.entries(value).find(([key]) => key === String(part))?.[1];
  }
  return value;
}
