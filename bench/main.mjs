/**
 * `npm run bench`: times our steps, operators, allocator, loading, tokenising, decoding and start; with `--peer` others
 * beside them, on the same rows, weights and order, in turns.
 *
 *   npm run bench -- [--peer trl|transformers|llama.cpp|all] [--only steps/hh] [--steps 5] [--warmup 3] [--repeats 3]
 *                    [--ranks 0,16] [--tokens 64] [--precision auto] [--budget 120m] [--out docs/benchmarks] [--fresh]
 *
 * Every repeat is kept as it is made: the same command goes on where one was cut off, while the sources are the same. Peers live in Python environments of
 * their own under the cache. Nothing else may run meanwhile; what others took of the CPU is recorded.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { orExit, root, setup } from '../scripts/setup.mjs';
import { decodingCases } from './cases/decoding.mjs';
import { partCases } from './cases/parts.mjs';
import { startCases } from './cases/start.mjs';
import { stepCases } from './cases/steps.mjs';
import { secondsOf } from './measure/budget.mjs';
import { describeMachine, machineSlug } from './measure/machine.mjs';
import { Record } from './measure/record.mjs';
import { reportPage } from './measure/report.mjs';
import { runCase } from './measure/run-case.mjs';

const PEERS = ['trl', 'transformers', 'llama.cpp'];

const { values } = parseArgs({
  options: {
    peer: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', multiple: true, default: [] },
    steps: { type: 'string', default: '5' },
    warmup: { type: 'string', default: '3' },
    repeats: { type: 'string', default: '3' },
    ranks: { type: 'string', default: '0,16' },
    tokens: { type: 'string', default: '64' },
    precision: { type: 'string', default: 'auto' },
    budget: { type: 'string', default: '120m' },
    out: { type: 'string', default: join(root, 'docs/benchmarks') },
    fresh: { type: 'boolean', default: false },
  },
});
const peers = values.peer.flatMap((peer) => (peer === 'all' ? PEERS : peer.split(',')));
const unknown = peers.find((peer) => !PEERS.includes(peer));
if (unknown !== undefined) throw new Error(`there is no peer ${unknown}: ${PEERS.join(', ')} or all`);
orExit(() => setup());

const machine = await describeMachine(values.precision);
const { precision } = machine;
const settings = {
  command: `npm run ${machine.heldTo === undefined ? 'bench' : `bench:${machine.heldTo}`}${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(' ')}` : ''}`,
  steps: Number(values.steps),
  warmup: Number(values.warmup),
  tokens: Number(values.tokens),
  ranks: values.ranks.split(',').map(Number),
  precision,
  sources: sourcesOf(),
};
const date = new Date().toISOString().slice(0, 10);
const path = join(resolve(values.out), `${date}-${machineSlug(machine)}.json`);
const record = new Record(path, { date, machine, settings, fresh: values.fresh });
const end = performance.now() + secondsOf(values.budget) * 1000;
const say = (line) => console.log(line);
const wanted = (name) => values.only.length === 0 || values.only.some((part) => name.startsWith(part));

say(
  `${machine.cpu}, ${machine.cores} cores, ${machine.threads} threads, load ${machine.load.toFixed(2)}; ${precision}`,
);
const context = { settings, peers, precision, wanted, say };
const cases = [
  ...(await stepCases(context)),
  ...(await decodingCases(context)),
  ...(await startCases(context)),
  ...(await partCases(context)),
];
if (cases.length === 0) throw new Error('no case is called so');
const figures = Object.fromEntries(cases.map(({ name, figure }) => [name, figure]));
for (const benchCase of cases) {
  const secondsLeft = () => (end - performance.now()) / 1000;
  await runCase(benchCase, { record, repeats: Number(values.repeats), secondsLeft, say });
  writeFileSync(path.replace(/json$/, 'md'), reportPage(record.content, figures));
}
say(`\n${reportPage(record.content, figures)}`);
say(`written to ${path} and the page beside it`);

/** The commit that is measured, marked where something differs from it; undefined outside a repository. */
function sourcesOf() {
  try {
    const options = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    const args = ['describe', '--always', '--abbrev=10', '--exclude=*'];
    const changed = execFileSync('git', ['status', '--porcelain', '--', 'src', 'native', 'bench', 'scripts'], options);
    return `${execFileSync('git', args, options).trim()}${changed === '' ? '' : ' and changes'}`;
  } catch {
    return undefined;
  }
}
