import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OrpoError } from '../../errors.js';
import { sweepStaging, writeFileAtomic } from '../../files/atomic.js';
import { LOCK, lockFolder } from '../../files/folder-lock.js';
import { writeJson } from '../../files/json-file.js';
import { makeFolder } from '../../files/make-folder.js';
import { type Annotation, writeAnnotations } from '../win-rate/annotations.js';
import { writeAnswers } from '../win-rate/answers.js';
import type { Comparison } from './comparison.js';
import { type Findings, ownAnswers } from './findings.js';
import { comparisonPage } from './page/page.js';
import { comparisonMarkdown } from './report-markdown.js';

/** Everything a comparison writes; a folder with anything else is somebody else's. */
const OWN: ReadonlySet<string> = new Set([
  'config.json',
  'report.json',
  'report.md',
  'report.html',
  'answers',
  'annotations.json',
  'cache',
]);

/**
 * Makes and claims the folder of a comparison; one that holds an earlier comparison is written over. Returns what gives
 * it back.
 *
 * @throws OrpoError `run` when it holds anything else, or another process is at work in it
 */
export function claimComparison(path: string): () => void {
  const root = resolve(path);
  const other = existsSync(root)
    ? readdirSync(root).find((name) => !OWN.has(name) && name !== LOCK && !name.startsWith('.staging-'))
    : undefined;
  if (other !== undefined)
    throw new OrpoError(
      'run',
      `${path} holds ${other}, which no comparison wrote.`,
      'Choose another output: a comparison wants a folder alone.',
    );
  makeFolder(root);
  const release = lockFolder(root);
  sweepStaging(root);
  return release;
}

/** Writes all files of a comparison, `report.json` last. Returns the path of the page. @throws OrpoError `disk` */
export function writeComparison(path: string, comparison: Comparison, findings: Findings): string {
  const root = resolve(path);
  const { config, prompts, systems, judged, judge } = findings;
  rmSync(join(root, 'report.json'), { force: true });
  writeJson(join(root, 'config.json'), config);
  rmSync(join(root, 'answers'), { recursive: true, force: true });
  rmSync(join(root, 'annotations.json'), { force: true });
  if (prompts !== undefined) {
    makeFolder(join(root, 'answers'));
    for (const { system, answers } of systems) {
      const own = ownAnswers(answers);
      const rows = prompts.prompts.flatMap(({ text }, at) =>
        (own[at] ?? []).map((answer) => ({ instruction: text, output: answer.text, generator: system.name })),
      );
      writeAnswers(join(root, 'answers', `${system.name}.json`), rows);
    }
    const annotations = (judged?.contests ?? []).flatMap(({ a, b, choices, answers }) =>
      prompts.prompts.flatMap(({ text }, at) =>
        (choices[at] ?? []).flatMap((choice, sample): Annotation[] => {
          const [own, other] = answers[at]?.[sample] ?? [];
          if (own === undefined || other === undefined) return [];
          return [
            {
              instruction: text,
              baseline: { output: other, generator: b },
              model: { output: own, generator: a },
              score: choice.score,
              ...(judge && { annotator: judge.name }),
            },
          ];
        }),
      ),
    );
    if (annotations.length > 0) writeAnnotations(join(root, 'annotations.json'), annotations);
  }
  writeFileAtomic(join(root, 'report.md'), comparisonMarkdown(comparison));
  const page = join(root, 'report.html');
  writeFileAtomic(page, comparisonPage(comparison));
  writeJson(join(root, 'report.json'), comparison);
  return page;
}
