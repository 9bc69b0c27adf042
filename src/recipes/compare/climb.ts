import { existsSync } from 'node:fs';
import { removeFolder } from '../../files/atomic.js';
import { runFolder } from '../../training/run-folder.js';
import type { Budget } from './budget.js';
import { forecast } from './forecast.js';
import type { Cell } from './lay-out.js';
import { type CellTask, readReading } from './run-cell.js';
import { runTasks } from './run-tasks.js';
import { type Rung, rungsOf, stepsAt } from './rungs.js';
import { bestPoints, type PointReading, type Readings, readPoints } from './select.js';
import type { SweepEvent } from './sweep-events.js';
import type { SweepWork } from './sweep-work.js';

/**
 * Trains the cells from rung to rung, leaving out at each what does not go on. Returns, by entry, what was measured of the
 * points at the first rung and at the last.
 *
 * @throws OrpoError as training and measuring do
 */
export async function* climb(work: SweepWork, budget: Budget): AsyncGenerator<SweepEvent, Map<string, Readings>> {
  const { contenders, config } = work.sweep;
  const rungs = rungsOf(config);
  let left = new Map(contenders.map(({ entry, cells }) => [entry, cells]));
  let first = new Map<string, PointReading[]>();
  let last = first;
  for (const [at, rung] of rungs.entries()) {
    const running = [...left.values()].flat();
    const tasks = running.map((cell) => taskOf(cell, rung, at, work, budget));
    yield* perform(work, running, tasks, { budget, at });
    const here = new Set(running);
    last = new Map(
      contenders.map((contender) => [
        contender.entry,
        readPoints(contender, config.select, (cell) =>
          here.has(cell) ? readReading(work.places.reading(cell, at + 1)) : undefined,
        ),
      ]),
    );
    if (at === 0) first = last;
    const next = rungs[at + 1];
    if (next === undefined) break;
    left = new Map(
      contenders.map(({ entry, points }): [string, readonly Cell[]] => [
        entry,
        bestPoints(last.get(entry) ?? [], next.left(points.length)).flatMap(({ cells }) => cells),
      ]),
    );
    const kept = new Set([...left.values()].flat());
    for (const cell of running) if (!kept.has(cell)) discard(cell, budget);
  }
  const found = ({ entry }: { readonly entry: string }): Readings => ({
    first: first.get(entry) ?? [],
    last: last.get(entry) ?? [],
  });
  return new Map(contenders.map((contender) => [contender.entry, found(contender)]));
}

function taskOf(cell: Cell, rung: Rung, at: number, work: SweepWork, { entries }: Budget): CellTask {
  const steps = entries[cell.entry] ?? 1;
  return {
    name: cell.name,
    config: cell.config(steps),
    until: stepsAt(rung, steps),
    steps,
    heldOut: work.heldOut('validation'),
    into: work.places.reading(cell, at + 1),
  };
}

/** Does what is left of a rung's tasks. */
async function* perform(
  work: SweepWork,
  cells: readonly Cell[],
  tasks: readonly CellTask[],
  { budget, at }: { readonly budget: Budget; readonly at: number },
): AsyncGenerator<SweepEvent, void> {
  const { sweep } = work;
  const open = tasks.filter(({ into }) => !existsSync(into));
  const entryOf = new Map(cells.map((cell) => [cell.name, cell.entry]));
  const methodOf = new Map(sweep.contenders.map(({ entry, method }) => [entry, method]));
  const pending = new Map<string, number>();
  for (const { name } of open) count(pending, entryOf.get(name) ?? '', 1);
  const begun = new Set<string>();
  for await (const told of runTasks(open, sweep.config.workers, work.training)) {
    const entry = entryOf.get(told.stage) ?? '';
    if (!begun.has(told.stage)) {
      begun.add(told.stage);
      work.stage = told.stage;
      yield { type: 'begin', stage: told.stage, method: methodOf.get(entry) ?? entry };
    }
    if (told.type === 'train') {
      if (told.event.type === 'step') work.see(entry, told.event.seconds);
      yield { type: 'stage', stage: told.stage, kind: 'train', event: told.event };
    } else {
      count(pending, entry, -1);
      yield { ...told, rung: at + 1, secondsLeft: forecast(sweep, budget, work.speeds(), at, pending) };
    }
  }
  work.requireOngoing();
}

/** What is out needs no room: its checkpoints go, what was measured of it stays. */
function discard(cell: Cell, { entries }: Budget): void {
  const { checkpoints } = runFolder(cell.config(entries[cell.entry] ?? 1).output);
  if (existsSync(checkpoints)) removeFolder(checkpoints);
}

function count(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
