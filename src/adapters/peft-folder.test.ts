import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeSafetensors } from '../files/safetensors.js';
import { RandomSource } from '../models/parameter-sources.js';
import { Linear } from '../nn/linear.js';
import { ParameterStore } from '../nn/parameter-store.js';
import { attachLora } from './attach.js';
import { adapterConfig } from './config.js';
import { loadAdapter, saveAdapter } from './peft-folder.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-adapter-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function makeStore(layers: number, transposed = false): ParameterStore {
  const store = new ParameterStore(new RandomSource(5, 0.5));
  for (let i = 0; i < layers; i++) new Linear(store, `h.${i}.c_attn`, { in: 6, out: 5, transposed });
  return store;
}

function save(layers: number, transposed = false): void {
  const config = adapterConfig.parse({ rank: 2, alpha: 3, dropout: 0.1, rankStabilised: true });
  using set = attachLora(makeStore(layers, transposed), config, 1);
  saveAdapter(set, folder, { base: 'someone/base' });
}

function editConfig(change: object): void {
  const path = join(folder, 'adapter_config.json');
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }));
}

describe('saveAdapter', () => {
  it('says what PEFT must know: Conv1D layout, scale, targets, base', () => {
    save(2, true);
    expect(JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8'))).toMatchObject({
      base_model_name_or_path: 'someone/base',
      fan_in_fan_out: true,
      lora_alpha: 3,
      lora_dropout: 0.1,
      r: 2,
      target_modules: ['c_attn'],
      use_rslora: true,
    });
  });
});

describe('loadAdapter', () => {
  it('restores the settings', () => {
    save(2);
    using set = loadAdapter(makeStore(2), folder);
    expect(set.config).toEqual({ rank: 2, alpha: 3, dropout: 0.1, rankStabilised: true, targets: ['c_attn'] });
    expect(set.adapters.map(({ scale }) => scale)).toEqual([3 / Math.SQRT2, 3 / Math.SQRT2]);
  });

  it.each([
    [{ use_dora: true }, '"use_dora" is true'],
    [{ rank_pattern: { c_attn: 8 } }, '"rank_pattern" is {"c_attn":8}'],
    [{ alpha_pattern: { c_attn: 8 } }, '"alpha_pattern"'],
    [{ modules_to_save: ['lm_head'] }, '"modules_to_save" is ["lm_head"]'],
    [{ bias: 'all' }, '"bias" is "all"'],
    [{ peft_type: 'IA3' }, '"peft_type" is "IA3"'],
    [{ task_type: 'TOKEN_CLS' }, '"task_type" is "TOKEN_CLS"'],
    [{ task_type: 'SEQ_CLS' }, '"modules_to_save" is null, which does not go with task_type SEQ_CLS'],
    [{ task_type: 'SEQ_CLS', modules_to_save: ['score'] }, "is a reward model's adapter"],
    [{ init_lora_weights: 'pissa' }, '"init_lora_weights" is "pissa"'],
    [{ target_modules: '.*attn' }, '"target_modules" is ".*attn"'],
    [{ something_new: 3 }, '"something_new" is 3'],
    [{ r: undefined }, '"r" is missing'],
  ])('refuses %j, naming the key', (change, message) => {
    save(1);
    editConfig(change);
    expect(() => loadAdapter(makeStore(1), folder)).toThrow(message);
  });

  it('names a tensor that is missing, surplus or of another shape', () => {
    save(2);
    expect(() => loadAdapter(makeStore(3), folder)).toThrow(
      'has no tensor "base_model.model.h.2.c_attn.lora_A.weight"',
    );
    expect(() => loadAdapter(makeStore(1), folder)).toThrow('no place for "base_model.model.h.1.c_attn.lora_A.weight"');
    editConfig({ r: 3 });
    expect(() => loadAdapter(makeStore(2), folder)).toThrow('has shape [2, 6], the model asks for [3, 6]');
  });

  it('refuses an adapter of no layer, integers, a pickle file and a missing folder', () => {
    save(1);
    const store = makeStore(1);
    const weights = join(folder, 'adapter_model.safetensors');
    writeSafetensors(weights, [
      integers('base_model.model.h.0.c_attn.lora_A.weight', [2, 6]),
      integers('base_model.model.h.0.c_attn.lora_B.weight', [5, 2]),
    ]);
    expect(() => loadAdapter(store, folder)).toThrow('stored as I64');
    expect(store.linears.get('h.0.c_attn')?.adapter).toBeUndefined();
    writeSafetensors(weights, []);
    editConfig({ target_modules: ['q_proj'] });
    expect(() => loadAdapter(store, folder)).toThrow('adapts no layer');
    rmSync(weights);
    writeFileSync(join(folder, 'adapter_model.bin'), '');
    expect(() => loadAdapter(store, folder)).toThrow('adapter_model.bin');
    expect(() => loadAdapter(store, join(folder, 'none'))).toThrow('none');
  });
});

function integers(name: string, shape: readonly number[]) {
  return { name, dtype: 'I64' as const, shape, bytes: () => new Uint8Array(8 * shape.reduce((a, b) => a * b, 1)) };
}
