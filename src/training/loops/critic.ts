import { aside } from '../../adapters/aside.js';
import { attachLora } from '../../adapters/attach.js';
import type { AdapterConfig } from '../../adapters/config.js';
import type { ForestBatch } from '../../data/forest.js';
import type { CausalLM } from '../../models/causal-lm.js';
import { type LoadedModel, loadModel } from '../../models/load-model.js';
import { Parameter } from '../../nn/parameter.js';
import type { WorkCount } from '../../nn/work.js';
import { predictingStates } from '../../scoring/score-tokens.js';
import { deviceOf } from '../../torch/device.js';
import { noGrad, scope, type Tensor, zeros } from '../../torch/index.js';

/** What expects the rest of the reward before each token of a response. */
export interface Critic {
  readonly parameters: readonly Parameter[];
  /** `[M]`: expectations before the forest's tokens; `states [M, D]` are the policy's at the same places. */
  values(states: Tensor, forest: ForestBatch): Tensor;
  dispose(): void;
}

export interface CriticParts {
  readonly kind: 'own' | 'shared';
  readonly policy: LoadedModel;
  readonly adapter: AdapterConfig | undefined;
  readonly dtype: 'float32' | 'bfloat16';
  readonly seed: number;
}

const ROLE = 'critic.';

/**
 * A linear head that starts from zero (arXiv 1909.08593), on the policy's own states, or on those of weights of its own:
 * an adapter on the policy's base model where one is trained, else a second model.
 */
export async function makeCritic({ kind, policy, adapter, dtype, seed }: CriticParts): Promise<Critic> {
  const { shape, device } = policy.model.head.weight;
  const width = shape[1] ?? 0;
  const { work } = policy.model.store;
  const head = () =>
    scope(() => [zeroParameter('weight', [width], device), zeroParameter('bias', [1], device)] as const);
  if (kind === 'shared') {
    const [weight, bias] = head();
    return {
      parameters: [weight, bias],
      values: (states) => affine(states, weight, bias, work),
      dispose: () => disposeAll([weight, bias]),
    };
  }
  const body = adapter === undefined ? await ownModel(policy, dtype) : ownAdapter(policy.model, adapter, seed);
  const [weight, bias] = head();
  return {
    parameters: [...body.parameters, weight, bias],
    values: (_states, forest) => affine(body.states(forest), weight, bias, work),
    dispose: () => {
      disposeAll([weight, bias]);
      body.dispose();
    },
  };
}

interface Body {
  readonly parameters: readonly Parameter[];
  states(forest: ForestBatch): Tensor;
  dispose(): void;
}

function ownAdapter(model: CausalLM, adapter: AdapterConfig, seed: number): Body {
  // other draws than the policy's
  const set = aside(model.store, () => attachLora(model.store, adapter, seed + 1, ROLE));
  return {
    parameters: set.parameters,
    states: (forest) => set.within(() => predictingStates(model, forest)),
    dispose: () => set.dispose(),
  };
}

async function ownModel(policy: LoadedModel, dtype: 'float32' | 'bfloat16'): Promise<Body> {
  const copy = await loadModel(policy.reference, {
    precision: 'fp32',
    device: deviceOf(policy.model.head.weight.device),
    work: policy.model.store.work,
  });
  const { store } = copy.model;
  // an untied head has nothing to learn here
  const parameters = [...store.parameters.values()].filter(({ name }) => !/^(lm_head|embed_out)\./.test(name));
  for (const parameter of parameters) {
    parameter.assign(ROLE);
    parameter.train(dtype);
  }
  return { parameters, states: (forest) => predictingStates(copy.model, forest), dispose: () => copy.dispose() };
}

function zeroParameter(name: string, shape: readonly number[], device: string): Parameter {
  const parameter = new Parameter(`${ROLE}value.${name}`, zeros(shape, { dtype: 'float32', device }));
  noGrad(() => parameter.train('float32'));
  return parameter;
}

/** `[M]` values. */
function affine(states: Tensor, weight: Parameter, bias: Parameter, work: WorkCount): Tensor {
  const rows = states.toDtype('float32');
  const values = rows.matmul(weight.value.unsqueeze(1));
  work.linear(rows, weight.value, 1, values);
  return values.squeeze(1).add(bias.value);
}

function disposeAll(parameters: readonly Parameter[]): void {
  for (const parameter of parameters) parameter.dispose();
}
