// Writes the typed wrappers of src/torch/ops.txt from the schemas that libtorch itself reports.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const SOURCE = new URL('src/torch/ops.txt', root);
const TARGET = new URL('src/torch/ops.gen.ts', root);

/** Arguments no wrapper offers: their defaults are what the product wants. */
const HIDDEN = new Set(['layout', 'pin_memory', 'memory_format', 'copy']);

export async function generateOps(schemaOf) {
  const lookUp = schemaOf ?? (await liveSchemas());
  const entries = readFileSync(SOURCE, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [js, kind, full, flag] = line.split(' ');
      const [name, overload = ''] = full.split('.');
      return { js, kind, name, overload, numbers: flag === '+', schema: parseSchema(lookUp(name, overload)) };
    });
  return { path: fileURLToPath(TARGET), text: render(entries) };
}

async function liveSchemas() {
  const { addon } = await import(new URL('dist/torch/addon.js', root).href);
  return (name, overload) => addon().schema(addon().op(name, overload));
}

function parseSchema(text) {
  // alias annotations say what is written in place; the names of in-place operators say it already
  const plain = text.replace(/\([a-z]!?(?: -> [^)]*)?\)/g, '');
  const [, body, result] = /\((.*)\) -> (.*)$/.exec(plain);
  const parts = splitTop(body);
  let keywordOnly = false;
  const args = [];
  for (const part of parts) {
    if (part === '*') {
      keywordOnly = true;
      continue;
    }
    const [, type, name, fallback] = /^(\S+) (\w+)(?:=(.*))?$/.exec(part);
    args.push({ type, name, fallback, keywordOnly });
  }
  return { text, args, result };
}

function splitTop(text) {
  const parts = [];
  let depth = 0;
  let current = '';
  for (const c of text) {
    if ('([{'.includes(c)) depth++;
    if (')]}'.includes(c)) depth--;
    if (c === ',' && depth === 0) {
      parts.push(current.trim());
      current = '';
    } else current += c;
  }
  if (current.trim() !== '') parts.push(current.trim());
  return parts;
}

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase());
const SAFE = { default: 'fallback', in: 'input', function: 'fn' };
const parameter = (name) => SAFE[camel(name)] ?? camel(name);

function typescriptType(type, numbers) {
  const optional = type.endsWith('?');
  const bare = optional ? type.slice(0, -1) : type;
  const base = {
    Tensor: numbers ? 'Tensor | number' : 'Tensor',
    'Tensor[]': 'readonly Tensor[]',
    'Tensor?[]': 'readonly (Tensor | undefined)[]',
    int: 'number',
    SymInt: 'number',
    'int[]': 'readonly number[]',
    'SymInt[]': 'readonly number[]',
    'int[1]': 'number | readonly number[]',
    'SymInt[1]': 'number | readonly number[]',
    float: 'number',
    'float[]': 'readonly number[]',
    Scalar: 'number',
    bool: 'boolean',
    str: 'string',
    ScalarType: 'DType',
    Device: 'string',
    Generator: 'Generator',
  }[bare];
  if (base === undefined) throw new Error(`no TypeScript type for ${type}`);
  return base;
}

function render(entries) {
  const constants = entries.map(
    ({ js, name, overload }) => `const ${constant(js)} = operator('${name}', '${overload}');`,
  );
  const methods = entries.filter(({ kind }) => kind === 'method').map((entry) => wrapper(entry, true));
  const functions = entries.filter(({ kind }) => kind === 'function').map((entry) => wrapper(entry, false));
  return `// Generated from src/torch/ops.txt by scripts/generate-ops.mjs. Do not edit.
import { addon } from './addon.js';
import { asHandle, asHandles, type Handle, type Result } from './binding.js';
import { call, operator } from './call.js';
import { type DType, dtypeCode, optionalDtypeCode } from './dtype.js';
import type { Generator } from './generator-handle.js';
import { TensorBase } from './tensor-base.js';

${constants.join('\n')}

function one(result: Result): Tensor {
  return new Tensor(asHandle(result));
}

function many(result: Result): Tensor[] {
  return asHandles(result).map((handle) => new Tensor(handle));
}

function pick(results: readonly Handle[], index: number): Tensor {
  const handle = results[index];
  if (handle === undefined) throw new RangeError(\`result \${index} of \${results.length}\`);
  return new Tensor(handle);
}

/** An in-place operator returns its own tensor once more; the second handle is of no use. */
function dropAlias(result: Result): void {
  addon().dispose(asHandle(result));
}

/** An immutable tensor: a handle over libtorch's. Methods are ATen's operators in camel case; those ending in _ write in place. */
export class Tensor extends TensorBase {
${methods.join('\n\n')}
}

${functions.join('\n\n')}
`;
}

function constant(js) {
  return js.endsWith('_') ? `${upper(js.slice(0, -1))}_IN_PLACE` : upper(js);
}

function upper(js) {
  return js.replace(/([A-Z])/g, '_$1').toUpperCase();
}

function wrapper({ js, schema, numbers }, isMethod) {
  const shown = schema.args.slice(isMethod ? 1 : 0).filter(({ name }) => !HIDDEN.has(name));
  const required = shown.filter(({ fallback, keywordOnly }) => fallback === undefined && !keywordOnly);
  const options = shown.filter((argument) => !required.includes(argument));
  const parameters = required.map(
    ({ name, type }) =>
      `${parameter(name)}: ${typescriptType(type, numbers)}${type.endsWith('?') ? ' | undefined' : ''}`,
  );
  const needsOption = options.some(({ fallback }) => fallback === undefined);
  if (options.length > 0)
    parameters.push(
      `options: { ${options.map(({ name, type, fallback }) => `${camel(name)}${fallback === undefined ? '' : '?'}: ${typescriptType(type, false)}${fallback === undefined ? '' : ' | undefined'}`).join('; ')} }${needsOption ? '' : ' = {}'}`,
    );
  const passed = schema.args.map(({ name, type }, i) => {
    if (isMethod && i === 0) return 'this';
    if (HIDDEN.has(name)) return 'undefined';
    const isRequired = required.some((argument) => argument.name === name);
    const access = isRequired ? parameter(name) : `options.${camel(name)}`;
    if (type === 'ScalarType') return `dtypeCode(${access})`;
    if (type === 'ScalarType?') return `optionalDtypeCode(${access})`;
    return access;
  });
  while (passed.at(-1) === 'undefined') passed.pop();
  const invocation = `call(${[constant(js), ...passed].join(', ')})`;
  const { type, body } = outcome(schema.result, invocation, isMethod && js.endsWith('_'));
  const indent = isMethod ? '  ' : '';
  const head = isMethod ? `${js}(` : `export function ${js}(`;
  return [
    `${indent}/** \`${schema.text}\` */`,
    `${indent}${head}${parameters.join(', ')}): ${type} {`,
    ...body.map((line) => `${indent}  ${line}`),
    `${indent}}`,
  ].join('\n');
}

function outcome(result, invocation, inPlace) {
  if (inPlace) return { type: 'this', body: [`dropAlias(${invocation});`, 'return this;'] };
  if (result === 'Tensor') return { type: 'Tensor', body: [`return one(${invocation});`] };
  if (result === 'Tensor[]') return { type: 'Tensor[]', body: [`return many(${invocation});`] };
  if (result === '()') return { type: 'void', body: [`${invocation};`] };
  if (result === 'bool') return { type: 'boolean', body: [`return ${invocation} === true;`] };
  if (result.startsWith('(Tensor')) {
    const names = splitTop(result.slice(1, -1)).map((part, i) => part.split(' ')[1] ?? `result${i}`);
    return {
      type: `{ ${names.map((name) => `${name}: Tensor`).join('; ')} }`,
      body: [
        `const results = asHandles(${invocation});`,
        `return { ${names.map((name, i) => `${name}: pick(results, ${i})`).join(', ')} };`,
      ],
    };
  }
  throw new Error(`no TypeScript type for the result ${result}`);
}
