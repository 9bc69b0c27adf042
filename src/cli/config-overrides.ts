import { parseDocument } from 'yaml';
import { OrpoError } from '../errors.js';

/**
 * Applies `--set a.b=value` settings to a configuration, in order; the configuration given is left as it is.
 *
 * @throws OrpoError `config` naming the setting
 */
export function applyOverrides(config: unknown, settings: readonly string[]): unknown {
  let result: unknown = config ?? {};
  for (const setting of settings) {
    const { path, value } = parseOverride(setting);
    result = setAt(result, path, value, setting);
  }
  return result;
}

/** Parses `a.b=value`; the value is read as YAML reads it: `5e-6` a number, `true` a truth value, `[a, b]` a list. */
export function parseOverride(setting: string): { readonly path: readonly string[]; readonly value: unknown } {
  const border = setting.indexOf('=');
  const path = setting.slice(0, Math.max(0, border)).trim().split('.');
  if (border <= 0 || path.some((part) => part === '')) {
    throw new OrpoError(
      'config',
      `--set ${setting} is not a setting.`,
      'Write --set key=value or --set part.key=value.',
    );
  }
  return { path, value: parseValue(setting.slice(border + 1).trim(), setting) };
}

function parseValue(text: string, setting: string): unknown {
  const document = parseDocument(text);
  const structured = /^[[{"']/.test(text);
  if (document.errors.length > 0) {
    // a path such as @data/pairs or a share such as %5 is a text, though YAML keeps its first character for itself
    if (!structured) return text;
    const reason = document.errors[0]?.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '');
    throw new OrpoError(
      'config',
      `--set ${setting}: ${reason}.`,
      'The value must be valid YAML; quote it for the shell.',
    );
  }
  const value: unknown = document.toJS();
  return typeof value === 'object' && value !== null && !structured ? text : value;
}

function setAt(tree: unknown, [key = '', ...rest]: readonly string[], value: unknown, setting: string): unknown {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) {
    throw new OrpoError(
      'config',
      `--set ${setting}: there is a value, not a mapping, where "${key}" would go.`,
      'Set the key above it, or mend the configuration file.',
    );
  }
  const inner = Object.hasOwn(tree, key) ? Object.entries(tree).find(([name]) => name === key)?.[1] : undefined;
  return { ...tree, [key]: rest.length === 0 ? value : setAt(inner ?? {}, rest, value, setting) };
}
