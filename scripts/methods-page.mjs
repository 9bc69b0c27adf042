// docs/methods.md: which method, when; a table of all; each with its loss, source and settings.

const GUIDE = `Begin with what you have.

| you have | begin with | then |
|---|---|---|
| pairs, and a base or chat model | \`orpo\` | \`tempered-orpo\` when margins run away, \`asft\` when pairs are noisy |
| pairs, and a model already trained on such answers | \`dpo\` | \`rpo\` or \`nca\` when chosen answers become less likely, \`r-dpo\` or \`sigmoid_norm\` when answers grow long |
| few pairs, or the same answer always preferred | \`ipo\` | \`odds-ipo\` without a reference |
| pairs of which some are the wrong way round | \`dpo\` with \`labelSmoothing\` | \`robust\` when you know how many |
| pairs, and memory for one model only | \`orpo\`, \`simpo\` | \`cpo_simpo\`; with LoRA a reference costs no memory at all |
| thumbs up and down | \`kto\` | \`bco\` when one kind is rare, \`odds-kto\` without a reference |
| several answers a prompt, in order | \`rrhf\` | any pair method: a ranking is made into pairs |
| demonstrations alone | \`sft\` | \`spin\` by [\`recipe: spin\`](recipes.md), \`odds-spin\` without a reference |
| prompts, and a function that scores a response | \`grpo\` | \`online-orpo\` for the least memory, \`rloo\` for sums of many small rewards |
| prompts, and pairs to learn a judge from | \`reward\`, then \`ppo\` | \`online-dpo\` when a critic is too much |
| a wish that no name fits | \`mpo\`: a weighted sum | \`grid\`: a loss of your own from its parts |

Methods with a likelihood term (\`orpo\`, \`rpo\`, \`cpo\`, \`asft\`, …) keep answers fluent and what the model knew; methods without one
move faster and further. One learning rate does not fit all: with a reference 5e-7 to 5e-6 for all weights, without one up to 1e-5,
ten to a hundred times that for an adapter.`;

export function methodsPage(entries, measured) {
  return `# Methods

${GUIDE}

Data of another kind is converted and counted in \`data.json\`: a pair is a liked and a disliked response and a ranking of two;
liked and disliked responses to one prompt make pairs; a ranking gives every pair whose first response is better.

${measured === undefined ? '' : measurements(entries, measured)}## All of them

\`lp\` is the sum of a response's log-probs, \`l̄p\` their mean, \`ref\` the same of the frozen reference, \`h\` the difference of the
log-ratios of chosen and rejected, \`σ\` the logistic function. Forwards are passes of a response for a pair of responses, policy + reference.
A reference is the adapter switched off, or is computed once and cached, or a second model: \`reference\` in the [configuration](config.md).
Methods with data \`prompt\` write the responses themselves and have them rewarded: [reward](rewards.md) in the configuration.
"ours" are combinations that no paper names.

| method | data | reference | forwards | loss | source |
|---|---|---|---|---|---|
${entries.map(row).join('\n')}

${entries.map(section).join('\n\n')}
`;
}

/** What every offline method came to on the same pairs, from bench/methods.mjs. */
function measurements(entries, { date, hardware, steps, methods }) {
  const seconds = methods.orpo.seconds;
  const rows = entries
    .filter(({ name }) => methods[name] !== undefined)
    .map(({ name, forwards }) => {
      const { before, accuracy, seconds: own, peakBytes } = methods[name];
      const cost = forwards.reference === 0 ? forwards.policy : `${forwards.policy} + ${forwards.reference}`;
      const share = (value) => `${(100 * value).toFixed(1)} %`;
      return `| \`${name}\` | ${before === undefined ? '' : `${share(before)} → `}${share(accuracy)} | ${(own / seconds).toFixed(2)} | ${cost} | ${(peakBytes / 2 ** 20).toFixed(0)} MiB |`;
    });
  return `## All on the same pairs

${steps} updates of 8 pairs (labelled methods: 16 responses) of the demo's support answers, a LoRA adapter of rank 16 on SmolLM2-135M-Instruct, learning
rate 5e-4 for all: what is untuned here says little of what a method can do. Accuracy: how many of 48 held-out pairs have the
better answer likelier a token (\`reward\`: rewarded more). Time is that of an update in units of \`orpo\`'s (${seconds.toFixed(2)} s); memory is the
most that tensors took. ${date}, ${hardware}; written by \`npm run bench:methods\`.

| method | held-out accuracy | time | forwards | memory |
|---|---|---|---|---|
${rows.join('\n')}

`;
}

const cell = (text) => text.replaceAll('|', '\\|');

function row({ name, data, reference, forwards, formula, source }) {
  const cost = forwards.reference === 0 ? forwards.policy : `${forwards.policy} + ${forwards.reference}`;
  const needed = { true: 'yes', false: 'no', optional: 'if asked for' }[reference];
  return `| [\`${name}\`](#${name}) | ${data} | ${needed} | ${cost} | ${cell(formula)} | ${source} |`;
}

function section({ name, use, settings }) {
  const rows = settings.map(
    ({ key, default: value, meaning }) =>
      `| \`${key}\` | ${value === undefined ? '' : `\`${cell(JSON.stringify(value))}\``} | ${cell(meaning)} |`,
  );
  return [`### ${name}`, '', use, '', '| setting | default | meaning |', '|---|---|---|', ...rows].join('\n');
}
