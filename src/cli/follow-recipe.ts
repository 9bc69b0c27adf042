import { setImmediate } from 'node:timers/promises';
import type { RecipeEvent } from '../recipes/run-recipe.js';
import type { RecipeOptions, StageEvent } from '../recipes/run-stage.js';
import { formatCount, printable } from '../text/format.js';
import { describeFeedback } from './follow-judge.js';
import { InterruptSignals } from './interrupt-signals.js';
import { LivePanel } from './live-panel.js';
import { describeFetch } from './open-model.js';
import type { Output } from './output.js';
import { plainLine } from './plain-lines.js';
import { planLines, recipeRecord, recipeResultLines } from './recipe-lines.js';
import { applyEvent, emptyView, type RunView } from './run-view.js';
import { shellWord } from './shell-word.js';
import { answersStatus, comparisonLines, sweepLine } from './sweep-lines.js';

export interface RecipeToFollow {
  /** The recipe's folder, for the command that resumes it. */
  readonly run: string;
  readonly begin: (options: RecipeOptions) => AsyncGenerator<RecipeEvent, void>;
}

/**
 * Follows a recipe to its end: a live panel a run on a terminal, lines on a pipe, JSON lines under --json. The first SIGINT
 * or SIGTERM lets the stage save and stop. Returns the exit code.
 */
export async function followRecipe(output: Output, { run, begin }: RecipeToFollow): Promise<number> {
  const signals = new InterruptSignals(() => output.note('saving …'));
  output.whenClosed = () => signals.close();
  const follower = new StageFollower(output);
  let compares = false;
  let code: number | undefined;
  try {
    const onProgress: RecipeOptions['onProgress'] = (progress) => output.status(describeFetch(progress));
    for await (const event of begin({ signal: signals.signal, onProgress })) {
      output.record(recipeRecord(event));
      if (event.type === 'plan') {
        compares = event.comparison !== undefined;
        for (const line of planLines(event, output.colours, false)) output.text(line);
      } else if (event.type === 'forecast' || event.type === 'measured') output.text(sweepLine(event));
      else if (event.type === 'answers') output.status(answersStatus(event.event));
      else if (compares && (event.type === 'begin' || event.type === 'stage')) follower.follow(event);
      else if (event.type === 'begin') follower.begin(event.stage, event.method);
      else if (event.type === 'stage') follower.show(event);
      else if (event.type === 'interrupted') {
        const hint = `Go on with: orpo resume ${shellWord(run)}`;
        output.fail('interrupted', `Stopped in stage ${event.stage}.`, hint);
        code = signals.exitCode;
      } else {
        const lines =
          event.recipe === 'compare'
            ? comparisonLines(event, output.colours)
            : recipeResultLines(event, output.colours);
        for (const line of lines) output.text(line);
        code = 0;
      }
      // a step computes without a pause, and signals are seen only between turns of the event loop
      if (code === undefined) await setImmediate();
    }
  } catch (error) {
    if (follower.begun) output.note(`What is done stays; orpo resume ${shellWord(run)}`);
    throw error;
  } finally {
    signals.release();
    output.whenClosed = undefined;
  }
  return code ?? 1;
}

/** Shows one stage after another. */
class StageFollower {
  readonly #output: Output;
  #view: RunView = emptyView;
  #panel: LivePanel | undefined;
  #rows = 0;
  begun = false;

  constructor(output: Output) {
    this.#output = output;
  }

  begin(stage: string, method: string): void {
    this.begun = true;
    this.#view = emptyView;
    // what was drawn of the stage before stays above
    this.#panel =
      this.#output.live && method !== 'feedback' && method !== 'answers' ? new LivePanel(this.#output) : undefined;
    this.#rows = 0;
    this.#output.text('');
    this.#output.text(this.#output.colours.bold(stage));
  }

  /** The runs of a comparison, of which there are many, some at a time: a line that comes and goes. */
  follow(event: Extract<RecipeEvent, { type: 'begin' | 'stage' }>): void {
    this.begun = true;
    if (event.type === 'begin') this.#output.status(event.stage);
    else if (event.kind === 'merge') this.#output.text(`merged into ${printable(event.event.model)}`);
    else if (event.kind === 'train' && event.event.type === 'step')
      this.#output.status(`${event.stage}  step ${event.event.step}/${event.event.steps}`);
  }

  show(event: StageEvent): void {
    if (event.kind === 'merge') this.#output.text(`merged into ${printable(event.event.model)}`);
    else if (event.kind === 'train') this.#showRun(event.event);
    else if (event.event.type === 'samples')
      this.#output.status(`drew responses to ${formatCount(event.event.prompts)} prompts`);
    else if (event.kind === 'answers') {
      if (event.event.type === 'result') this.#output.text(`${formatCount(event.event.pairs)} pairs`);
    } else this.#showJudging(event.event);
  }

  #showRun(event: Extract<StageEvent, { kind: 'train' }>['event']): void {
    this.#view = applyEvent(this.#view, event);
    if (this.#panel !== undefined) {
      this.#panel.draw(this.#view, { now: event.type !== 'step' });
      return;
    }
    const line = plainLine(event, this.#view);
    if (line !== undefined) this.#output.text(line);
  }

  #showJudging(event: Extract<StageEvent, { kind: 'feedback' }>['event']): void {
    if (event.type === 'start') this.#rows = event.from;
    else if (event.type === 'row') this.#output.status(`judged ${formatCount(++this.#rows)} rows`);
    else if (event.type === 'result')
      for (const line of describeFeedback(event, this.#output.colours)) this.#output.text(line);
  }
}
