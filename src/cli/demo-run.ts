import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { writeFileAtomic } from '../files/atomic.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import type { TrainEvent } from '../training/events.js';
import { resume } from '../training/resume.js';
import { train } from '../training/train.js';
import { type DemoRun, demoConfig, TINY, trainFile } from './demo-config.js';
import { type DemoFolder, demoFolder } from './demo-folder.js';
import { Interruption } from './demo-interruption.js';
import { demoQuestions, type Measurement, measureModel, measurement } from './demo-measure.js';
import { chooseDemoModel, type DemoModel } from './demo-model.js';
import { pretrainTinyModel, tinyModel } from './demo-pretrain.js';
import { DemoProgress } from './demo-progress.js';
import { demoReport } from './demo-report.js';
import type { Output } from './output.js';
import { shellWord } from './shell-word.js';

/** The options of the verb. */
export interface DemoOptions {
  readonly model?: string;
  readonly steps?: number;
  readonly output?: string;
  readonly offline?: boolean;
}

/** Where the state before training is kept in the run's folder, for a demo that is interrupted. */
const BEFORE = 'demo.json';

/** Runs the whole demo; returns the exit code. */
export async function demo(output: Output, options: DemoOptions): Promise<number> {
  const begun = performance.now();
  const interruption = new Interruption();
  try {
    await ensureEngine({ install: options.offline !== true, onProgress: (line) => output.note(line) });
    const folder = demoFolder(options.output ?? join('runs', 'demo'), options);
    const model = await findModel(output, options, folder, interruption);
    if (model === undefined) return interruption.exitCode;
    return await align(output, options, { folder, model, interruption, begun });
  } finally {
    interruption.dispose();
  }
}

interface Stage {
  readonly folder: DemoFolder;
  readonly model: DemoModel & { readonly tiny: boolean };
  readonly interruption: Interruption;
  /** `performance.now()` at the start of the demo. */
  readonly begun: number;
}

/** The model to align, pretrained on the spot when there is none; undefined when that was interrupted. */
async function findModel(
  output: Output,
  options: DemoOptions,
  folder: DemoFolder,
  interruption: Interruption,
): Promise<Stage['model'] | undefined> {
  const own = `${options.output ?? join('runs', 'demo')}-tiny-model`;
  const tiny = { reference: tinyModel(own).model, origin: 'pretrained here', tiny: true };
  if (folder.resume !== undefined) {
    if (folder.resume === tiny.reference) return tiny;
    return { reference: folder.resume, origin: 'of the interrupted run', tiny: false };
  }
  const found = await chooseDemoModel(output, options);
  if (found !== undefined) return { ...found, tiny: false };
  output.text(
    'There is no network and no model on this machine, so a tiny one is made first, from the support answers of',
  );
  output.text('this package alone. It takes about two minutes and learns how those sound, not what is true.');
  const lines = new DemoProgress(output, 'pretraining');
  for await (const event of interruption.during((signal) => pretrainTinyModel(own, signal))) {
    lines.show(event);
    if (event.type !== 'interrupted') continue;
    sayHowToGoOn(output, options);
    return undefined;
  }
  return tiny;
}

async function align(output: Output, options: DemoOptions, stage: Stage): Promise<number> {
  const { folder, model, interruption, begun } = stage;
  const offline = options.offline === true;
  const { bold, dim } = output.colours;
  output.text(`${bold('Model')}  ${model.reference} ${dim(`(${model.origin})`)}`);
  output.text(`${bold('Data')}   support answers in pairs, short and concrete against long and vague: ${trainFile()}`);
  output.text(`${bold('Run')}    ${folder.path}${folder.resume === undefined ? '' : ' (goes on where it stopped)'}`);
  output.text();
  const measured = { model: model.reference, offline, precision: model.tiny ? TINY.precision : 'auto' };
  const before = readBefore(folder.path) ?? (await measureModel(output, measured));

  const runOf = (path: string): DemoRun => ({
    model: model.reference,
    tiny: model.tiny,
    output: path,
    steps: options.steps,
  });
  const lines = new DemoProgress(output, 'training', join(folder.path, 'metrics.jsonl'));
  const config = demoConfig(runOf(folder.path));
  let result: Extract<TrainEvent, { type: 'result' }> | undefined;
  const events = (signal: AbortSignal): AsyncGenerator<TrainEvent> =>
    folder.resume === undefined ? train(config, { signal }) : resume(folder.path, { signal });
  for await (const event of interruption.during(events)) {
    lines.show(event);
    // the folder exists from the first event on
    if (event.type === 'start') writeFileAtomic(join(folder.path, BEFORE), `${JSON.stringify(before, undefined, 2)}\n`);
    if (event.type === 'result') result = event;
  }
  if (result === undefined) {
    sayHowToGoOn(output, options);
    return interruption.exitCode;
  }

  const adapter = join(folder.path, 'adapter');
  const after = await measureModel(output, { ...measured, adapter });
  const recipe = join(folder.path, 'demo.yaml');
  writeFileAtomic(recipe, recipeText(runOf(`${folder.path}-own`)));
  const questions = (await demoQuestions()).map((prompt) => prompt.at(-1)?.content ?? '');
  const seconds = (performance.now() - begun) / 1000;
  const named = `--model ${shellWord(model.reference)} --adapter ${shellWord(adapter)}`;
  const next = [
    `npx orpo chat ${named} --compare base`,
    `npx orpo generate ${named} --prompt "How do I export a board?"`,
    `npx orpo train ${shellWord(recipe)}`,
  ];
  const curves = { chosen: lines.curve('logps/chosen'), rejected: lines.curve('logps/rejected') };
  const outcome = { before, after, questions, curves, training: result, seconds, next, tiny: model.tiny };
  output.text();
  output.text(demoReport(outcome, output.width, output.colours));
  output.record({
    type: 'result',
    run: folder.path,
    before: summary(before),
    after: summary(after),
    samples: questions.map((prompt, i) => ({ prompt, before: before.answers[i], after: after.answers[i] })),
    seconds,
  });
  return 0;
}

function summary({ accuracy, margin, tokens }: Measurement): object {
  return { accuracy, margin, tokens };
}

function readBefore(folder: string): Measurement | undefined {
  const path = join(folder, BEFORE);
  if (!existsSync(path) || statSync(path).size === 0) return undefined;
  return measurement.parse(JSON.parse(readFileSync(path, 'utf8')));
}

function recipeText(run: DemoRun): string {
  const heading =
    '# What `orpo demo` trained with. Put your own pairs under data.train and run it with `orpo train`.\n';
  return heading + stringify(demoConfig(run));
}

function sayHowToGoOn(output: Output, { model, steps, output: folder, offline }: DemoOptions): void {
  const options = [
    ...(model === undefined ? [] : [`--model ${shellWord(model)}`]),
    ...(steps === undefined ? [] : [`--steps ${steps}`]),
    ...(folder === undefined ? [] : [`--output ${shellWord(folder)}`]),
    ...(offline === true ? ['--offline'] : []),
  ];
  const command = ['npx orpo demo', ...options].join(' ');
  output.text(`Interrupted and saved. Go on with: ${output.colours.bold(command)}`);
  output.record({ type: 'interrupted', resume: command });
}
