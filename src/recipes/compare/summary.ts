import { relative } from 'node:path';
import type { Interval } from '../../statistics/interval.js';
import { mean } from '../../statistics/moments.js';
import { tInterval } from '../../statistics/t-interval.js';
import { type AgainstBase, againstBase, meansOf, type TestRows } from './against-base.js';
import type { AnswersVerdict } from './answers-settings.js';
import type { Budget } from './budget.js';
import { type Cost, costOf, onAverage, together } from './cost.js';
import type { Axis, Point } from './grid.js';
import type { Cell, Contender, Sweep } from './lay-out.js';
import { type Measure, measures } from './measures.js';
import { readReading } from './run-cell.js';
import { rungsOf } from './rungs.js';
import type { PointReading, Readings } from './select.js';
import { edgesOf, type Sensitivity, sensitivityOf } from './sensitivity.js';
import type { SplitReport } from './split-data.js';
import type { SweepFolder } from './sweep-folder.js';
import { equalTrials, verdictOf } from './verdict.js';

/** What came of the best settings of a method. */
export interface BestOf {
  readonly point: Point;
  /** What was searched and came out at the first or the last value tried. */
  readonly atEdge: readonly string[];
  /** The selecting measure over seeds; with one seed the interval has no ends. */
  readonly validation: Interval;
  /** The same on the test part. */
  readonly test: Interval;
  /** All measures on the test part, means over seeds. */
  readonly measures: Readonly<Record<Measure, number>>;
  readonly cells: readonly { readonly name: string; readonly folder: string; readonly seed: number }[];
  /** From the model to the end, its supervised stage among it: one cell on average. */
  readonly cost: Cost;
}

export interface MethodOutcome {
  readonly entry: string;
  readonly method: string;
  readonly from: 'model' | 'sft';
  /** Settings tried; each with every seed. */
  readonly trials: number;
  readonly diverged: number;
  readonly axes: readonly Axis[];
  /** Absent where every setting diverged. */
  readonly best?: BestOf;
  /** Against the base; absent for the base itself and where there is nothing to compare. */
  readonly against?: Omit<AgainstBase, 'entry'>;
  /** By the validation part when all settings were there: after `allUntil` of the updates. */
  readonly sensitivity: readonly Sensitivity[];
  /** All cells of the method, without a supervised stage that is shared. */
  readonly search: Cost;
}

/** What came of a comparison. */
export interface ComparisonSummary {
  readonly recipe: 'compare';
  readonly verdict: string;
  readonly select: Measure;
  readonly base: string;
  readonly seeds: readonly number[];
  readonly equalTrials: boolean;
  readonly rows: Pick<SplitReport, 'train' | 'validation' | 'test'>;
  readonly budget: Budget;
  /** Share of its updates that every setting was trained for; 1 without halving. */
  readonly allUntil: number;
  /** The model that all started from, on the test part. */
  readonly start: Readonly<Record<Measure, number>>;
  readonly methods: readonly MethodOutcome[];
  /** What a judge says of answers to the test prompts, where one was asked. */
  readonly answers?: AnswersVerdict;
  /** The shared supervised stage. */
  readonly sft?: Cost;
  /** All that was trained. */
  readonly cost: Cost;
}

export interface SweepOutcome {
  readonly sweep: Sweep;
  readonly budget: Budget;
  readonly split: SplitReport;
  readonly points: ReadonlyMap<string, Readings>;
  readonly chosen: ReadonlyMap<string, PointReading | undefined>;
  readonly places: SweepFolder;
  readonly answers: AnswersVerdict | undefined;
}

/** Sums up what was measured. */
export function summariseSweep(outcome: SweepOutcome): ComparisonSummary {
  const { sweep, budget, split, places, chosen } = outcome;
  const { contenders, base, seeds, config } = sweep;
  const rows = new Map(
    [...chosen].flatMap(([entry, found]) => (found === undefined ? [] : [[entry, testRows(found, places)] as const])),
  );
  const baseRows = rows.get(base);
  const others = new Map([...rows].filter(([entry]) => entry !== base));
  const against = baseRows === undefined ? [] : againstBase(baseRows, others);
  const sft = sweep.sft === undefined ? undefined : costOf(sweep.sft.stage(budget.sft).config.output);
  const methods = contenders.map((one) => outcomeOf(one, outcome, { sft, rows: rows.get(one.entry), against }));
  const trials = new Map(contenders.map(({ entry, points }) => [entry, points.length]));
  return {
    recipe: 'compare',
    verdict: verdictOf({
      base,
      select: config.select,
      seeds: seeds.length,
      pairs: readReading(places.verdict(undefined)).pairs,
      baseStands: baseRows !== undefined,
      against,
      diverged: methods.flatMap(({ entry, best }) => (best === undefined ? [entry] : [])),
      trials,
    }),
    select: config.select,
    base,
    seeds,
    equalTrials: equalTrials(trials),
    rows: { train: split.train, validation: split.validation, test: split.test },
    budget,
    allUntil: rungsOf(config)[0]?.share ?? 1,
    start: measuresOf([readReading(places.verdict(undefined)).values]),
    methods,
    ...(outcome.answers === undefined ? {} : { answers: outcome.answers }),
    ...(sft === undefined ? {} : { sft }),
    cost: together([...(sft === undefined ? [] : [sft]), ...methods.map(({ search }) => search)]),
  };
}

interface Measured {
  readonly sft: Cost | undefined;
  readonly rows: TestRows | undefined;
  readonly against: readonly AgainstBase[];
}

function outcomeOf(
  { entry, method, from, points, axes, cells }: Contender,
  { sweep, budget, chosen, places, points: readings }: SweepOutcome,
  { sft, rows, against }: Measured,
): MethodOutcome {
  const first = readings.get(entry)?.first ?? [];
  const found = chosen.get(entry);
  const compared = against.find((one) => one.entry === entry);
  const output = (cell: Cell): string => cell.config(budget.entries[entry] ?? 1).output;
  const before = from === 'sft' && sft !== undefined ? [sft] : [];
  return {
    entry,
    method,
    from,
    trials: points.length,
    diverged: first.filter((reading) => !Number.isFinite(reading.mean)).length,
    axes,
    ...(found === undefined || rows === undefined
      ? {}
      : {
          best: {
            point: found.point,
            atEdge: edgesOf(axes, found.point),
            validation: tInterval(found.values),
            test: tInterval(meansOf(rows)),
            measures: measuresOf(found.cells.map((cell) => readReading(places.verdict(cell)).values)),
            cells: found.cells.map((cell) => ({
              name: cell.name,
              folder: relative(sweep.config.output, output(cell)),
              seed: cell.seed,
            })),
            cost: onAverage(found.cells.map((cell) => together([...before, costOf(output(cell))]))),
          },
        }),
    ...(compared === undefined
      ? {}
      : { against: { bySeed: compared.bySeed, byPair: compared.byPair, outcome: compared.outcome } }),
    sensitivity: sensitivityOf(axes, first),
    search: together(cells.map((cell) => costOf(output(cell)))),
  };
}

/** The deciding measure of each test pair, seed by seed. */
function testRows({ cells }: PointReading, places: SweepFolder): TestRows {
  return cells.map((cell) => (readReading(places.verdict(cell)).rows ?? []).map((value) => value ?? Number.NaN));
}

type Values = Readonly<Partial<Record<Measure, number | null>>>;

function measuresOf(values: readonly Values[]): Record<Measure, number> {
  const over = (measure: Measure): number => mean(values.map((one) => one[measure] ?? Number.NaN));
  const [accuracy, margin, sumAccuracy, sumMargin, chosen] = measures.map(over);
  const number = (value: number | undefined): number => value ?? Number.NaN;
  return {
    accuracy: number(accuracy),
    margin: number(margin),
    sumAccuracy: number(sumAccuracy),
    sumMargin: number(sumMargin),
    chosen: number(chosen),
  };
}
