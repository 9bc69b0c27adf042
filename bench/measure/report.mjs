/** The table of a record, for docs/benchmarks/. */
import { median } from './statistics.mjs';

/** Of the CPU, taken by others during a timed part: more is marked. */
const DISTURBED = 0.1;

export function reportPage({ date, machine, settings, cases }, figures) {
  const { cpu, cores, instructions, memoryBytes, threads, node, torch, precision } = machine;
  const lines = [
    `# ${date}, ${cpu}, ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB`,
    '',
    `Instructions: ${instructions.join(', ') || 'none of note'}. Node ${node}, torch ${torch}, ${threads} threads, ${precision}. Command: \`${settings.command}\`.${settings.sources === undefined ? '' : ` Sources: ${settings.sources}.`}`,
    '',
    'Medians of all repeats, ours first; a repeat of a step is the mean of its timed steps, the same rows on both sides; ratios above 1 are in our favour. *Limit* is the share of the measured matrix-multiply rate that the useful operations are. A mark † says that other processes took more than a tenth of the CPU during some repeat. [How it is measured](../performance.md).',
    '',
    '| case | ours | peer | ratio | target | limit | peak, GiB (peer) |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...Object.entries(figures).flatMap(([name, figure]) => rowsOf(cases[name], figure, machine.class)),
    '',
  ];
  lines.push(...operatorLines(cases.operators?.samples?.ours));
  const notes = Object.values(cases).filter(({ skipped }) => skipped !== undefined);
  if (notes.length > 0)
    lines.push('Not measured:', '', ...notes.map(({ title, skipped }) => `- ${title}: ${skipped.split('\n')[0]}`), '');
  const peers = versionsOf(cases);
  if (peers.length > 0) lines.push(`Peers: ${peers.join('; ')}.`, '');
  return lines.join('\n');
}

function rowsOf({ title, unit, better, target, samples = {} } = {}, figure, column) {
  const { ours = [], ...peers } = samples;
  if (ours.length === 0) return [];
  const mine = median(ours.map(figure));
  const limit = shown(ours.map(({ limit_share }) => limit_share));
  const others = Object.entries(peers).filter(([, list]) => list.length > 0);
  const peak = (list) => Math.max(...list.map(({ peak_rss_bytes = 0 }) => peak_rss_bytes)) / 2 ** 30;
  const own = peak(ours) > 0 ? peak(ours).toFixed(2) : '–';
  if (others.length === 0)
    return [
      `| ${title}${mark(ours)} | ${number(mine)} ${unit} | – | – | ${target?.[column] ?? '–'} | ${limit} | ${own} |`,
    ];
  return others.map(([side, list]) => {
    const theirs = median(list.map(figure));
    const ratio = better === 'more' ? mine / theirs : theirs / mine;
    const memory = peak(list) > 0 ? `${own} (${peak(list).toFixed(2)})` : own;
    return `| ${title}${mark([...ours, ...list])} | ${number(mine)} ${unit} | ${side} ${number(theirs)} | ${ratio.toFixed(2)}× | ${target?.[column] ?? '–'} | ${limit} | ${memory} |`;
  });
}

/** What each operator took, fused and plain, and at what rate products ran. */
function operatorLines(samples = []) {
  if (samples.length === 0) return [];
  const each = (of) => median(samples.map(({ operators }) => of(operators)));
  const names = Object.keys(samples[0].operators);
  const products = names.filter((name) => name.startsWith('product '));
  const fused = names.filter((name) => !name.startsWith('product '));
  return [
    '| operator, forward and backward | fused, ms | plain, ms | ratio |',
    '|---|--:|--:|--:|',
    ...fused.map((name) => {
      const [mine, plain] = [each((all) => all[name].fused), each((all) => all[name].plain)];
      return `| ${name} | ${number(mine)} | ${number(plain)} | ${(plain / mine).toFixed(2)}× |`;
    }),
    '',
    '| product, GFLOP/s | forward | of the input | of the weight |',
    '|---|--:|--:|--:|',
    ...products.map((name) => {
      const rates = ['forward', 'input', 'weight'].map((side) => number(each((all) => all[name][side])));
      return `| ${name.slice('product '.length)} | ${rates.join(' | ')} |`;
    }),
    '',
  ];
}

function mark(samples) {
  return samples.some(({ other_cpu_share: share }) => share > DISTURBED) ? ' †' : '';
}

function shown(shares) {
  const known = shares.filter((share) => share !== undefined);
  return known.length === 0 ? '–' : `${(100 * median(known)).toFixed(0)} %`;
}

function number(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function versionsOf(cases) {
  const found = new Set();
  for (const { samples = {} } of Object.values(cases))
    for (const list of Object.values(samples))
      for (const { versions } of list)
        if (versions !== undefined)
          found.add(
            Object.entries(versions)
              .map(([name, version]) => `${name} ${version}`)
              .join(', '),
          );
  return [...found];
}
