import type { Embed } from '../../models/encoder/embeddings.js';
import { type AnswerShape, answerShape } from './answer-shape.js';
import { type AnswersByInput, firstOfEach, requireAnswers } from './answers.js';
import { distinctN, overLengths } from './distinct-n.js';
import { expectedAdjustedDistinct, USUAL_VOCABULARY } from './expected-distinct.js';
import { type Figure, type MeanFigure, meanOf } from './figure.js';
import { mtld } from './mtld.js';
import type { Tokens } from './n-grams.js';
import { meanPairwiseCosine } from './pairwise-cosine.js';
import { selfBleu } from './self-bleu.js';
import { wordsOf } from './words.js';

/** Measures of one set of answers. */
interface Measures<F extends Figure> {
  /** Mean pairwise cosine, lower = more diverse; absent without embeddings. */
  readonly similarity?: F;
  /** Distinct n-grams of words, averaged over n = 1 to 5; higher = more diverse. */
  readonly distinct: F;
  /** The same, adjusted for length. */
  readonly expectedDistinct: F;
  /** BLEU of each answer against the others, to 4-grams; lower = more diverse. */
  readonly selfBleu: F;
}

export interface LexicalDiversity {
  /** Inputs that have answers. */
  readonly inputs: number;
  readonly inputsWithoutAnswers: number;
  /** Means over inputs of what the answers to each give; `n` counts inputs. The similarity is the paper's PID. */
  readonly perInput: Measures<MeanFigure>;
  /** Of the first answer to each input; `n` counts answers. The similarity is the paper's AID. */
  readonly acrossInputs: Measures<Figure>;
  /** Mean over the answers in which a word occurs twice. */
  readonly mtld: MeanFigure;
  /** Lengths, repetition, empty and cut answers, over all answers. */
  readonly shape: AnswerShape;
  /** Answers longer than the embedding model reads: their vectors stand for their beginnings. */
  readonly cutForEmbedding?: number;
}

export interface DiversityOptions {
  /** Where vectors come from; without it there are no similarities. */
  readonly embed?: Embed | undefined;
  /** Vocabulary of the expectation that EAD adjusts by. Default 50257, as usual. */
  readonly vocabulary?: number | undefined;
}

/**
 * How different the answers of one system are: to the same input, and from input to input (§6.3 of arXiv 2403.07691).
 * Inputs with fewer than two answers have no per-input similarity and no self-BLEU; each figure's `n` says what it
 * rests on.
 *
 * @throws OrpoError `data` without any answer, `config` for a vocabulary that is none, and what `embed` throws
 */
export function lexicalDiversity(inputs: AnswersByInput, options: DiversityOptions = {}): LexicalDiversity {
  requireAnswers(inputs);
  const { embed, vocabulary = USUAL_VOCABULARY } = options;
  const answered = inputs.filter((answers) => answers.length > 0);
  const answers = answered.flat();
  const words = answered.map((own) => own.map(({ text }) => wordsOf(text)));
  const vectors = embed?.(answers.map(({ text }) => text));
  const grouped = vectors === undefined ? undefined : regroup(vectors.vectors, answered);
  const perInput = words.map((texts) => wordMeasures(texts, vocabulary));
  const firsts = firstOfEach(words);
  const across = wordMeasures(firsts, vocabulary);
  const figure = (value: number | undefined): Figure => ({ value, n: firsts.length });
  return {
    inputs: answered.length,
    inputsWithoutAnswers: inputs.length - answered.length,
    perInput: {
      ...(grouped && { similarity: meanOf(grouped.map((own) => meanPairwiseCosine(own).value)) }),
      distinct: meanOf(perInput.map(({ distinct }) => distinct)),
      expectedDistinct: meanOf(perInput.map(({ expectedDistinct }) => expectedDistinct)),
      selfBleu: meanOf(perInput.map((own) => own.selfBleu)),
    },
    acrossInputs: {
      ...(grouped && { similarity: meanPairwiseCosine(firstOfEach(grouped)) }),
      distinct: figure(across.distinct),
      expectedDistinct: figure(across.expectedDistinct),
      selfBleu: figure(across.selfBleu),
    },
    mtld: meanOf(words.flat().map(mtld)),
    shape: answerShape(answers, words.flat()),
    ...(vectors && { cutForEmbedding: vectors.cut }),
  };
}

function wordMeasures(texts: readonly Tokens[], vocabulary: number) {
  return {
    distinct: overLengths((n) => distinctN(texts, n)),
    expectedDistinct: overLengths((n) => expectedAdjustedDistinct(texts, n, vocabulary)),
    selfBleu: selfBleu(texts),
  };
}

/** Items that lie in one row, as many for each input as it has answers. */
function regroup<T>(items: readonly T[], inputs: AnswersByInput): T[][] {
  let begin = 0;
  return inputs.map(({ length }) => {
    begin += length;
    return items.slice(begin - length, begin);
  });
}
