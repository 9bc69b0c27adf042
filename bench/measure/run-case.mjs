/** One case of a benchmark: a gate, then its sides in turns, each repeat in a process of its own. */
import { runSide } from './child.mjs';

/** No side may take longer, whatever the budget. */
const MOST_SECONDS = 1200;
/** What was begun inside the budget may end outside it by so much. */
const LAST_SECONDS = 60;
const OUT_OF_TIME = 'no time was left of the budget; the same command goes on';

/**
 * Runs what is missing of a case and keeps it in the record.
 *
 * A case is `{ name, title, figure, unit, better, target?, prepare }`. `prepare` makes its inputs and returns `sides`, the
 * commands by name, ours first; `gate`, which runs before anything is timed and throws when the sides do not compute the
 * same; and `choose`, forms of a side of which the fastest in one run is taken.
 */
export async function runCase(benchCase, { record, repeats, secondsLeft, say }) {
  const { name, title, figure, unit, better, target } = benchCase;
  const known = record.of(name) ?? {};
  record.update(name, { title, unit, better, target, skipped: undefined });
  try {
    if (secondsLeft() <= 0) throw new Error(OUT_OF_TIME);
    const { sides, gate, choose = {} } = await benchCase.prepare();
    const samples = Object.fromEntries(Object.keys(sides).map((side) => [side, known.samples?.[side] ?? []]));
    if (Object.values(samples).every((list) => list.length >= repeats)) {
      say(`${title}: measured already`);
      return;
    }
    if (gate !== undefined && known.gate === undefined) record.update(name, { gate: await gate(within) });
    for (const [side, forms] of Object.entries(choose)) {
      const chosen = known.chosen?.[side] ?? (await fastest(forms));
      sides[side] = forms[chosen];
      record.update(name, { chosen: { ...record.of(name).chosen, [side]: chosen } });
    }
    for (let repeat = 0; repeat < repeats; repeat++)
      for (const [side, command] of Object.entries(sides)) {
        if (samples[side].length > repeat) continue;
        const result = await within(command);
        samples[side].push(result);
        record.update(name, { samples });
        const others = result.other_cpu_share;
        const disturbed = others > 0.05 ? `, others took ${(others * 100).toFixed(0)} % of the CPU` : '';
        say(`${title}: ${side} ${figure(result).toPrecision(3)} ${unit}${disturbed}`);
      }
  } catch (error) {
    record.update(name, { skipped: error.message });
    say(`${title}: skipped: ${error.message.split('\n').slice(0, 12).join('\n  ')}`);
  }

  async function within(command) {
    const left = secondsLeft();
    if (left <= 0) throw new Error(OUT_OF_TIME);
    return await runSide(command, Math.min(left + LAST_SECONDS, MOST_SECONDS));
  }

  async function fastest(forms) {
    const figures = [];
    for (const form of forms) figures.push(figure(await within(form)));
    const best = better === 'more' ? Math.max(...figures) : Math.min(...figures);
    return figures.indexOf(best);
  }
}
