import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { knownKeys, parseFeedbackConfig } from './config.js';

const rule = { data: 'a.jsonl', judge: { kind: 'rule', module: 'r.mjs' }, output: 'o' };
const endpoint = { ...rule, judge: { kind: 'endpoint', url: 'http://localhost:1/v1', model: 'm' } };

it('has every key in its page', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/ai-feedback.md'), 'utf8');
  for (const key of knownKeys) expect(page).toMatch(new RegExp(`[\`.]${key}\``));
});

describe('parseFeedbackConfig', () => {
  it('fills in defaults', () => {
    expect(parseFeedbackConfig(rule)).toMatchObject({ task: 'pairs', onFailure: 'drop', confidence: 0.5, seed: 42 });
    const { judge } = parseFeedbackConfig(endpoint);
    expect(judge).toMatchObject({
      concurrency: 4,
      retries: 5,
      timeout: 60,
      cache: true,
      parameters: { temperature: 0 },
    });
  });

  it('refuses a key where its name belongs, and does not repeat it', () => {
    const judge = { ...endpoint.judge, key: 'sk-secret-0123456789' };
    expect(() => parseFeedbackConfig({ ...endpoint, judge })).toThrow(
      /^config: "judge\.key": must be the name of an environment variable, not the key itself\.$/,
    );
  });

  it.each(['http://user:secret@host/v1', 'https://host/v1?key=secret', 'ftp://host', 'host'])(
    'refuses the address %s, and does not repeat it',
    (url) => {
      const parse = () => parseFeedbackConfig({ ...endpoint, judge: { ...endpoint.judge, url } });
      expect(parse).toThrow(/"judge\.url": must be an http or https address/);
      expect(parse).not.toThrow(/secret/);
    },
  );

  it.each([
    [{ ...rule, outptu: 'x' }, /unknown key "outptu"/],
    [{ ...rule, judge: { ...rule.judge, timout: 3 } }, /unknown key "judge\.timout"/],
    [{ ...rule, data: undefined }, /give either data/],
    [{ ...rule, prompts: 'p.txt' }, /give either data/],
    [{ ...rule, data: undefined, prompts: 'p.txt' }, /prompts and sample go together/],
    [{ ...rule, task: 'revisions' }, /cannot write critiques/],
    [{ ...rule, judge: undefined }, /"judge/],
    [{ ...rule, confidence: 0.4 }, /"confidence"/],
    ['text', /must be a mapping/],
  ])('refuses %j', (config, message) => expect(() => parseFeedbackConfig(config)).toThrow(message));
});
