import type { FeedbackConfig } from '../feedback/config.js';
import type { FeedbackEvent } from '../feedback/give-feedback.js';
import type { Interval } from '../statistics/interval.js';
import { formatCount, formatNumber, formatShare, printable } from '../text/format.js';
import { InterruptSignals } from './interrupt-signals.js';
import type { Output } from './output.js';
import { shellWord } from './shell-word.js';

type Result = Extract<FeedbackEvent, { type: 'result' }>;

/** Follows judging to its end; the first SIGINT or SIGTERM stops it where it can go on later. Returns the exit code. */
export async function followJudge(
  output: Output,
  { prompts, limit }: FeedbackConfig,
  begin: (signal: AbortSignal) => AsyncGenerator<FeedbackEvent, void>,
): Promise<number> {
  const signals = new InterruptSignals(() => output.note('stopping …'));
  output.whenClosed = () => signals.close();
  let done = 0;
  try {
    for await (const event of begin(signals.signal)) {
      if (event.type === 'interrupted') {
        output.fail('interrupted', `Stopped after ${formatCount(done)} rows.`, 'Run the same command again to go on.');
        return signals.exitCode;
      }
      output.record({ ...event });
      if (event.type === 'samples')
        output.status(`drew responses to ${formatCount(event.prompts)} prompts of ${prompts}`);
      else if (event.type === 'start') {
        done = event.from;
        if (done > 0) output.note(`going on after ${formatCount(done)} rows`);
      } else if (event.type === 'row') {
        done++;
        output.status(`judged ${formatCount(done)}${limit === undefined ? '' : ` of ${formatCount(limit)}`} rows`);
      } else for (const line of describeFeedback(event, output.colours)) output.text(line);
    }
  } finally {
    signals.release();
    output.whenClosed = undefined;
  }
  return 0;
}

/** What came of judging, as lines for people. */
export function describeFeedback(
  result: Result,
  { bold, dim, green }: { bold(text: string): string; dim(text: string): string; green(text: string): string },
): string[] {
  const { rows, used, dropped, failures, records, tokens, cost, requests, position, agreement, people } = result;
  const left = Object.entries(dropped).map(([reason, count]) => `${formatCount(count)} ${reason}`);
  return [
    `${green('✓')} ${bold(`${formatCount(records)} records`)} from ${formatCount(used)} of ${formatCount(rows)} rows${left.length === 0 ? '' : `; left out: ${left.join(', ')}`}`,
    ...failures.map(({ row, failure }) => dim(`  row ${row}: ${printable(failure)}`)),
    ...(tokens === undefined
      ? []
      : [
          `  ${formatCount(tokens.input)} + ${formatCount(tokens.output)} tokens${cost === undefined ? '' : `, cost ${formatNumber(cost)}`}`,
        ]),
    ...(requests === undefined
      ? []
      : [`  ${formatCount(requests.requests)} requests now, ${formatCount(requests.cached)} answers from the cache`]),
    ...(position === undefined
      ? []
      : [
          `  both orders agree on ${share(position.consistent)} of pairs; whatever stands first gets ${formatShare(position.firstPosition)}`,
        ]),
    ...(agreement === undefined
      ? []
      : [
          `  agrees with people on ${share(agreement.accuracy)} of ${formatCount(agreement.rows)} pairs, kappa ${formatNumber(agreement.kappa.value)}`,
          `  where people prefer one: ${share(agreement.decided.accuracy)} of ${formatCount(agreement.decided.rows)}`,
        ]),
    ...(people === undefined ? [] : [`  people agree among themselves on ${formatShare(people.accuracy)}`]),
    `  ${printable(result.data)}`,
    ...(result.data.endsWith('scores.jsonl')
      ? []
      : ['', `  ${dim('train on it')}   orpo train CONFIG --set data.train=${shellWord(result.data)}`]),
  ];
}

function share({ value, low, high }: Interval): string {
  return `${formatShare(value)} (${formatShare(low)} to ${formatShare(high)})`;
}
