import { nearest, OrpoError } from '../errors.js';
import { onlineMethods } from '../objectives/online/registry.js';
import { methods } from '../objectives/registry.js';
import { type RunConfig, runConfig } from './config.js';
import { configError, valueAt } from './config-error.js';

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
  if (issue.code === 'invalid_union' && issue.path.join('.') === 'method')
    throw unknownMethod(valueAt(input, issue.path), origin);
  throw configError(issue, input, { origin, kinds: runConfig.options, page: 'docs/config.md' });
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
