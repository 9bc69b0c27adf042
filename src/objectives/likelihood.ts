import type { Tensor } from '../torch/index.js';
import type { BranchScores } from './objective.js';

/** This micro-batch's share of the mean negative log-likelihood per token of trunks and first branches: scalar. */
export function negativeLogLikelihood({ sums, trunkSums, step }: BranchScores): Tensor {
  return sums.select(1, 0).sum().add(trunkSums.sum()).neg().div(step.nllTokens);
}
