/**
 * By what a model says how much better the chosen response is. `mean`: difference of the mean log-probs a token;
 * `reward`: of the rewards of a reward model; `implicit`: of the implicit rewards without beta (arXiv 2305.18290),
 * log-prob sums of the model with its adapter minus without.
 */
export const marginKinds = ['mean', 'reward', 'implicit'] as const;
export type MarginKind = (typeof marginKinds)[number];
