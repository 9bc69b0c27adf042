import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { loadAdapted } from '../../adapters/load-adapted.js';
import { isAbort } from '../../errors.js';
import { removeFolder, writeFileAtomic } from '../../files/atomic.js';
import { lockFolder } from '../../files/folder-lock.js';
import { readJson, writeJson } from '../../files/json-file.js';
import { makeFolder } from '../../files/make-folder.js';
import { ensureEngine } from '../../torch/engine/ensure-engine.js';
import { threads } from '../../torch/index.js';
import type { TrainOptions } from '../../training/events.js';
import { runFolder } from '../../training/run-folder.js';
import type { RecipeFolder } from '../recipe-folder.js';
import { isFinished, type RecipeOptions, runStage, type StageEvent } from '../run-stage.js';
import type { TrainStage } from '../stage.js';
import { type Budget, flopBudget, flopsOf, stepBudget } from './budget.js';
import { comparisonCard } from './card.js';
import { forecast, type Speeds } from './forecast.js';
import type { Cell, Contender, Sweep } from './lay-out.js';
import { type HeldOut, measurePairs } from './measure-pairs.js';
import { paceFile, readPace, runPilot } from './pilots.js';
import { comparisonPage } from './report-page.js';
import { type CellEvent, type CellTask, type Reading, readReading, runCell } from './run-cell.js';
import { runTasks } from './run-tasks.js';
import { rungsOf, stepsAt } from './rungs.js';
import { bestPoints, type PointReading, type Readings, readPoints } from './select.js';
import { writeSplit } from './split-data.js';
import { type ComparisonSummary, summariseSweep } from './summary.js';
import { type SweepFolder, sweepFolder } from './sweep-folder.js';

/** What a comparison says while it goes on, but for its plan. */
export type SweepEvent =
  | { readonly type: 'begin'; readonly stage: string; readonly method: string }
  | ({ readonly type: 'stage'; readonly stage: string } & StageEvent)
  /** Updates of each method, and how long all will take by what a few of them took; before the first cell. */
  | ({ readonly type: 'forecast'; readonly seconds: number; readonly workers: number } & Budget)
  /** A cell was measured on the validation part; on the test part its rung is `test`. */
  | ({ readonly type: 'measured'; readonly rung: number | 'test'; readonly secondsLeft: number } & Omit<
      Extract<CellEvent, { type: 'measured' }>,
      'type'
    >)
  | { readonly type: 'interrupted'; readonly stage: string }
  | ({ readonly type: 'result'; readonly run: string } & ComparisonSummary);

/**
 * Trains and measures the cells of a comparison and tells what happens. Whatever is done is in the folder, and is not
 * done again: the data's parts, the pace of each method, the shared supervised stage, every reading.
 *
 * @throws OrpoError as training, measuring and splitting do; `run` when another process is working on it
 */
export async function* runSweep(
  sweep: Sweep,
  folder: RecipeFolder,
  options: RecipeOptions,
): AsyncGenerator<SweepEvent, void> {
  const release = lockFolder(folder.path);
  const working = new SweepRun(sweep, folder, options);
  try {
    yield* working.run();
  } catch (error) {
    if (!isAbort(error, options.signal)) throw error;
    yield { type: 'interrupted', stage: working.stage };
  } finally {
    release();
  }
}

const budgetFile = z.object({ sft: z.int(), entries: z.record(z.string(), z.int()) });

/** The work on one comparison; what it holds can be had again from the folder. */
class SweepRun {
  /** What is under way. */
  stage = 'data';
  readonly #sweep: Sweep;
  readonly #folder: RecipeFolder;
  readonly #places: SweepFolder;
  readonly #options: RecipeOptions;
  readonly #training: TrainOptions;
  /** Updates and their seconds, by entry, as far as this process has seen them. */
  readonly #seen = new Map<string, { updates: number; seconds: number }>();

  constructor(sweep: Sweep, folder: RecipeFolder, options: RecipeOptions) {
    const { signal, onProgress } = options;
    this.#sweep = sweep;
    this.#folder = folder;
    this.#places = sweepFolder(folder);
    this.#options = options;
    this.#training = {
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    };
  }

  async *run(): AsyncGenerator<SweepEvent, void> {
    const sweep = this.#sweep;
    await ensureEngine({ install: false });
    const split = await writeSplit(sweep.split, sweep.data);
    yield* this.#pilots();
    const budget = this.#settleBudget();
    const speeds = this.#speeds();
    const seconds = forecast(sweep, budget, speeds) + budget.sft * speeds.sft;
    yield { type: 'forecast', seconds, workers: sweep.config.workers, ...budget };
    if (sweep.sft !== undefined) yield* this.#supervise(sweep.sft.stage(budget.sft));
    const points = yield* this.#climb(budget);
    const chosen = new Map([...points].map(([entry, found]) => [entry, bestPoints(found.last, 1)[0]]));
    this.#select(chosen);
    yield* this.#test(budget, chosen);
    const summary = summariseSweep({ sweep, budget, split, chosen, places: this.#places, points });
    writeFileAtomic(this.#places.report, comparisonPage(sweep.config, summary));
    writeFileAtomic(this.#folder.card, comparisonCard(sweep.config, summary));
    writeJson(this.#folder.summary, summary);
    yield { type: 'result', run: this.#folder.path, ...summary };
  }

  /** Measures the pace of each method, and of the shared stage. */
  async *#pilots(): AsyncGenerator<SweepEvent, void> {
    for (const { name, method, pilot } of this.#allPilots()) {
      if (existsSync(paceFile(pilot))) continue;
      this.#enter(`pilot of ${name}`);
      yield { type: 'begin', stage: this.stage, method };
      for await (const event of runPilot(pilot, this.#training))
        yield { type: 'stage', stage: this.stage, kind: 'train', event };
      this.#requireOngoing();
    }
  }

  #allPilots() {
    const { contenders, sft } = this.#sweep;
    const shared = sft === undefined ? [] : [{ name: 'the supervised stage', method: 'sft', pilot: sft.pilot }];
    return [...shared, ...contenders.map(({ entry: name, method, pilot }) => ({ name, method, pilot }))];
  }

  /** Updates of each run: counted from the budget once, and kept. */
  #settleBudget(): Budget {
    if (existsSync(this.#places.budget)) return budgetFile.parse(readJson(this.#places.budget));
    const { config, contenders, sft } = this.#sweep;
    const { steps, flops = Number.NaN } = config.budget;
    const { estimateFlops } = this.#options;
    const flopsOfEntry = new Map<string, number>();
    if (steps === undefined)
      for (const { entry, pilot } of contenders)
        flopsOfEntry.set(entry, flopsOf(pilot, readPace(pilot), estimateFlops));
    const budget =
      steps === undefined
        ? flopBudget(
            this.#sweep,
            flops,
            {
              sft: sft === undefined ? 0 : flopsOf(sft.pilot, readPace(sft.pilot), estimateFlops),
              entries: flopsOfEntry,
            },
            this.#folder.config,
          )
        : stepBudget(this.#sweep, steps, this.#folder.config);
    writeJson(this.#places.budget, budget);
    return budget;
  }

  #speeds(): Speeds {
    const { contenders, sft } = this.#sweep;
    const entries = contenders.map(({ entry, pilot }): [string, number] => {
      const seen = this.#seen.get(entry);
      return [entry, seen === undefined ? readPace(pilot).seconds : seen.seconds / seen.updates];
    });
    return { sft: sft === undefined ? 0 : readPace(sft.pilot).seconds, entries: new Map(entries) };
  }

  async *#supervise(stage: TrainStage): AsyncGenerator<SweepEvent, void> {
    if (isFinished(stage)) return;
    this.#enter(stage.name);
    yield { type: 'begin', stage: stage.name, method: 'sft' };
    for await (const event of runStage(stage, this.#options)) yield { type: 'stage', stage: stage.name, ...event };
    this.#requireOngoing();
    const { checkpoints } = runFolder(stage.config.output);
    if (existsSync(checkpoints)) removeFolder(checkpoints);
  }

  /** From rung to rung; what was measured of each method's points at the first and at the last. */
  async *#climb(budget: Budget): AsyncGenerator<SweepEvent, Map<string, Readings>> {
    const { contenders, config } = this.#sweep;
    const rungs = rungsOf(config);
    let left = new Map(contenders.map(({ entry, cells }) => [entry, cells]));
    let first = new Map<string, PointReading[]>();
    let last = first;
    for (const [at, rung] of rungs.entries()) {
      const running = [...left.values()].flat();
      const tasks = running.map((cell): CellTask => {
        const steps = budget.entries[cell.entry] ?? 1;
        return {
          name: cell.name,
          config: cell.config(steps),
          until: stepsAt(rung, steps),
          steps,
          heldOut: this.#heldOut('validation'),
          into: this.#places.reading(cell, at + 1),
        };
      });
      yield* this.#work(tasks, running, { budget, at });
      last = new Map(contenders.map((one) => [one.entry, this.#readings(one, left.get(one.entry) ?? [], at + 1)]));
      if (at === 0) first = last;
      const next = rungs[at + 1];
      if (next === undefined) break;
      const going = new Map(
        contenders.map(({ entry, points }): [string, readonly Cell[]] => [
          entry,
          bestPoints(last.get(entry) ?? [], next.left(points.length)).flatMap(({ cells }) => cells),
        ]),
      );
      const kept = new Set([...going.values()].flat());
      for (const cell of running) if (!kept.has(cell)) this.#discard(cell, budget);
      left = going;
    }
    return new Map(
      contenders.map(({ entry }) => [entry, { first: first.get(entry) ?? [], last: last.get(entry) ?? [] }]),
    );
  }

  #readings(contender: Contender, left: readonly Cell[], rung: number): PointReading[] {
    const running = new Set(left);
    return readPoints(contender, this.#sweep.config.select, (cell) =>
      running.has(cell) ? this.#reading(this.#places.reading(cell, rung)) : undefined,
    );
  }

  #reading(path: string): Reading | undefined {
    return existsSync(path) ? readReading(path) : undefined;
  }

  /** Does the tasks of a rung. */
  async *#work(
    tasks: readonly CellTask[],
    cells: readonly Cell[],
    { budget, at }: { readonly budget: Budget; readonly at: number },
  ): AsyncGenerator<SweepEvent, void> {
    const open = tasks.filter(({ into }) => !existsSync(into));
    const entryOf = new Map(cells.map((cell) => [cell.name, cell.entry]));
    const methodOf = new Map(this.#sweep.contenders.map(({ entry, method }) => [entry, method]));
    const pending = new Map<string, number>();
    for (const { name } of open) count(pending, entryOf.get(name) ?? '', 1);
    const begun = new Set<string>();
    for await (const told of runTasks(open, this.#sweep.config.workers, this.#training)) {
      const entry = entryOf.get(told.stage) ?? '';
      if (!begun.has(told.stage)) {
        begun.add(told.stage);
        this.#enter(told.stage);
        yield { type: 'begin', stage: told.stage, method: methodOf.get(entry) ?? entry };
      }
      if (told.type === 'train') {
        if (told.event.type === 'step') this.#see(entry, told.event.seconds);
        yield { type: 'stage', stage: told.stage, kind: 'train', event: told.event };
      } else {
        count(pending, entry, -1);
        yield { ...told, rung: at + 1, secondsLeft: forecast(this.#sweep, budget, this.#speeds(), at, pending) };
      }
    }
    this.#requireOngoing();
  }

  #see(entry: string, seconds: number): void {
    const seen = this.#seen.get(entry) ?? { updates: 0, seconds: 0 };
    this.#seen.set(entry, { updates: seen.updates + 1, seconds: seen.seconds + seconds });
  }

  /** What is out needs no room: its checkpoints go, what was measured of it stays. */
  #discard(cell: Cell, budget: Budget): void {
    const { checkpoints } = runFolder(cell.config(budget.entries[cell.entry] ?? 1).output);
    if (existsSync(checkpoints)) removeFolder(checkpoints);
  }

  /** Fixes what is tested, before the test part is read. */
  #select(chosen: ReadonlyMap<string, PointReading | undefined>): void {
    if (existsSync(this.#places.selection)) return;
    const selection = [...chosen].map(([entry, found]) => [
      entry,
      found === undefined ? null : { point: found.point, cells: found.cells.map(({ name }) => name), mean: found.mean },
    ]);
    writeJson(this.#places.selection, Object.fromEntries(selection));
  }

  /** Reads the test part: once, for the selected cells and for the model they started from. */
  async *#test(
    budget: Budget,
    chosen: ReadonlyMap<string, PointReading | undefined>,
  ): AsyncGenerator<SweepEvent, void> {
    this.#enter('test');
    await this.#measureStart();
    for (const cell of [...chosen.values()].flatMap((found) => found?.cells ?? [])) {
      const steps = budget.entries[cell.entry] ?? 1;
      const task: CellTask = {
        name: cell.name,
        config: cell.config(steps),
        until: steps,
        steps,
        heldOut: this.#heldOut('test'),
        rows: this.#sweep.config.select,
        into: this.#places.verdict(cell),
      };
      for await (const event of runCell(task, this.#training))
        if (event.type === 'measured') yield { ...event, rung: 'test', secondsLeft: 0 };
      this.#requireOngoing();
    }
  }

  async #measureStart(): Promise<void> {
    const into = this.#places.verdict(undefined);
    if (existsSync(into)) return;
    const { model, select, training } = this.#sweep.config;
    const { dispose, loaded } = await loadAdapted(model, undefined, { precision: 'fp32', ...this.#training });
    try {
      if (training.threads !== undefined) threads(training.threads);
      const found = await measurePairs(loaded, this.#heldOut('test'), { rows: select, ...this.#training });
      makeFolder(dirname(into));
      writeJson(into, { step: 0, ...found });
    } finally {
      dispose();
    }
  }

  #heldOut(part: 'validation' | 'test'): HeldOut {
    const { data, training } = this.#sweep.config;
    const { pairs: _, validation: __, test: ___, demonstrations: ____, prompts: _____, ...settings } = data;
    return { file: join(this.#sweep.data, `${part}.jsonl`), data: settings, seed: training.seed };
  }

  #enter(stage: string): void {
    this.stage = stage;
  }

  /** @throws the signal's reason when it was aborted: what is under way is not done */
  #requireOngoing(): void {
    this.#options.signal?.throwIfAborted();
  }
}

function count(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
