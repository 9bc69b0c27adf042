export type { AdapterConfig } from './adapters/config.js';
export { loadAdapter } from './adapters/peft-folder.js';
export { dataConfig } from './data/config.js';
export { loadDataset } from './data/dataset.js';
export { type Cleaned, type CleanOptions, cleanFiles } from './data/filters/clean-file.js';
export { type FilterConfig, type FilterConfigInput, filterConfig } from './data/filters/config.js';
export { type FilterOptions, filterFiles } from './data/filters/filter-files.js';
export type { FileRulings, RowPlace, Ruling } from './data/filters/ruling.js';
export { type Inspection, type InspectOptions, inspectFile } from './data/inspect.js';
export { detectLanguage } from './data/quality/language.js';
export type { Tree } from './data/tree.js';
export { OrpoError } from './errors.js';
export { compare } from './evaluation/comparison/compare.js';
export type { Comparison } from './evaluation/comparison/comparison.js';
export { type CompareConfig, type CompareConfigInput, parseCompareConfig } from './evaluation/comparison/config.js';
export { type EvaluateConfigInput, evaluate } from './evaluation/comparison/evaluate.js';
export type { CompareEvent, CompareOptions } from './evaluation/comparison/events.js';
export { comparisonPage } from './evaluation/comparison/page/page.js';
export { comparisonMarkdown } from './evaluation/comparison/report-markdown.js';
export {
  type DataQuality,
  inspectQuality,
  type QualityOptions,
} from './evaluation/data-quality/inspect-quality.js';
export { type LabelNoise, labelNoise } from './evaluation/data-quality/label-noise.js';
export type { MarginKind } from './evaluation/data-quality/margin-kinds.js';
export { pairMargins } from './evaluation/data-quality/pair-margins.js';
export type { Answer as AnswerText, AnswersByInput } from './evaluation/diversity/answers.js';
export { distinctN } from './evaluation/diversity/distinct-n.js';
export { expectedAdjustedDistinct } from './evaluation/diversity/expected-distinct.js';
export type { Figure, MeanFigure } from './evaluation/diversity/figure.js';
export { hiddenStateEmbedder } from './evaluation/diversity/hidden-state-vectors.js';
export {
  type DiversityOptions,
  type LexicalDiversity,
  lexicalDiversity,
} from './evaluation/diversity/lexical-diversity.js';
export { mtld } from './evaluation/diversity/mtld.js';
export { meanPairwiseCosine } from './evaluation/diversity/pairwise-cosine.js';
export { selfBleu } from './evaluation/diversity/self-bleu.js';
export { wordsOf } from './evaluation/diversity/words.js';
export { type RewardDistributions, rewardDistributions, type SystemRewards } from './evaluation/reward-distribution.js';
export {
  type Annotation,
  type Contest,
  contestsOf,
  readAnnotations,
  writeAnnotations,
} from './evaluation/win-rate/annotations.js';
export { type Answer, pairAnswers, readAnswers, writeAnswers } from './evaluation/win-rate/answers.js';
export { bradleyTerry, type Contested, type Strengths } from './evaluation/win-rate/bradley-terry.js';
export { contested, judgedPairs } from './evaluation/win-rate/from-annotations.js';
export {
  type GamedPair,
  type JudgedPair,
  type LengthControlled,
  type LengthControlOptions,
  lengthControlled,
} from './evaluation/win-rate/length-controlled.js';
export {
  compareWinRates,
  type WinRate,
  type WinRateDifference,
  winRate,
} from './evaluation/win-rate/win-rate.js';
export { type Agreement, agreement, type Choice } from './feedback/agreement.js';
export { type FeedbackConfig, type FeedbackConfigInput, parseFeedbackConfig } from './feedback/config.js';
export { directReward } from './feedback/direct-reward.js';
export { type FeedbackEvent, giveFeedback } from './feedback/give-feedback.js';
export type { Judge } from './feedback/judge.js';
export { openJudge } from './feedback/open-judge.js';
export { generate, streamText } from './generation/generate.js';
export type { Embed, Embeddings } from './models/encoder/embeddings.js';
export { type LoadedEncoder, loadEncoder } from './models/encoder/load-encoder.js';
export { type LoadedModel, loadModel } from './models/load-model.js';
export { saveModel } from './models/save-model.js';
export { catalogue, type MethodEntry } from './objectives/catalogue.js';
export { dpo } from './objectives/dpo.js';
export type { BoundObjective, BranchScores, Contribution, Method, Objective } from './objectives/objective.js';
export { orpo } from './objectives/orpo.js';
export { type MethodName, methods } from './objectives/registry.js';
export { sft } from './objectives/sft.js';
export { type AgainstBase, againstBase, type CorrectedTest } from './recipes/compare/against-base.js';
export type { SweepPlan } from './recipes/compare/plan-sweep.js';
export type { BestOf, ComparisonSummary, MethodOutcome } from './recipes/compare/summary.js';
export { defineRecipe, type RecipeConfig, type RecipeConfigInput } from './recipes/config.js';
export { parseRecipe, type Recipe } from './recipes/parse-recipe.js';
export { type PlannedStage, planStages } from './recipes/plan.js';
export { planRecipe, type RecipePlan } from './recipes/plan-recipe.js';
export { type RecipeEvent, resumeRecipe, runRecipe } from './recipes/run-recipe.js';
export type { RecipeOptions } from './recipes/run-stage.js';
export { type PairScore, type PairSummary, scorePairs, summarise } from './scoring/score-pairs.js';
export { holm } from './statistics/holm.js';
export type { Interval } from './statistics/interval.js';
export { tInterval } from './statistics/t-interval.js';
export { defineConfig, type RunConfig, type RunConfigInput } from './training/config.js';
export type { Cost, Effort } from './training/cost.js';
export { type Estimate, estimateRun } from './training/estimate/estimate-run.js';
export type { TrainEvent, TrainOptions } from './training/events.js';
export type { RewardFunction, RewardItem } from './training/loops/rewards.js';
export type { ProfileSummary } from './training/profile/summary.js';
export { resume } from './training/resume.js';
export { train } from './training/train.js';
