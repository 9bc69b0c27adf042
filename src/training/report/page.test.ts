import { describe, expect, it } from 'vitest';
import { methods } from '../../objectives/registry.js';
import { reportPage } from './page.js';
import { runRecords, steps } from './testing/records.js';

const titles = (page: string): string[] => [...page.matchAll(/<h3>([^<]*)<\/h3>/g)].map(([, title = '']) => title);

describe('reportPage', () => {
  it('escapes what comes from models, data and paths, wherever it stands', () => {
    const evil = '</style><script>alert(1)</script><img src=x onerror="y">\u202e';
    const page = reportPage(
      runRecords({
        model: evil,
        file: { path: `${evil}.jsonl`, schema: evil },
        metrics: [...steps(2), { type: 'step', step: 3, loss: 1, [evil]: 2 }],
        samples: [{ type: 'sample', step: 0, row: 3, prompt: evil, text: evil, stop: 'end' }],
      }),
    );
    expect(page).not.toMatch(/<script|<img|\u202e/);
    expect(page.match(/<\/style>/g)).toHaveLength(1);
    expect(page.split('&lt;script&gt;').length).toBeGreaterThan(6);
    expect(page).toContain('content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"');
  });

  it.each(Object.keys(methods))('has a page for %s', (method) => {
    const page = reportPage(runRecords({ method }));
    expect(page).toContain(`<span class="badge">${method}</span>`);
    expect(page).not.toMatch(/NaN|undefined|\[object/);
  });

  it('names the sides as the data of the method does, and the reference where there is one', () => {
    const orpo = reportPage(runRecords({}));
    expect(orpo).toContain('>chosen</text>');
    expect(orpo).not.toContain('frozen reference');
    const kto = reportPage(runRecords({ method: 'kto' }));
    expect(kto).toContain('>disliked</text>');
    expect(kto).not.toContain('>rejected</text>');
    expect(kto).toContain('with a frozen reference');
    const rewards = steps(2).map((step) => ({ ...step, 'rewards/chosen': 1, 'rewards/rejected': -1 }));
    const judge = reportPage(runRecords({ method: 'reward', metrics: rewards }));
    expect(judge).toContain('What the scalar head reads from the last token of an answer.');
    expect(judge).toContain('>worse</text>');
  });

  it('draws each metric once: known ones together, a mixture’s losses with the loss, others by themselves', () => {
    const metrics = steps(3).map((step) => ({
      ...step,
      nll_loss: step.loss,
      dpo_loss: 0.3,
      'rewards/chosen': 1,
      kl: 2,
    }));
    const page = reportPage(runRecords({ method: 'mpo', metrics }));
    expect(titles(page)).toEqual([
      'Loss',
      'Log-probability of the answers',
      'Preference accuracy',
      'Learning rate',
      'Rewards',
      'kl',
    ]);
    expect(page).toContain('>dpo</text>');
    // all of the loss: it would hide the curve of the loss
    expect(page).not.toContain('>likelihood</text>');
  });

  it('compares held-out rows before and after, else the means of the first and the last updates', () => {
    const heldOut = [
      { type: 'eval', step: 0, loss: 3, 'rewards/accuracies': 0.25 },
      { type: 'eval', step: 30, loss: 2, 'rewards/accuracies': 0.875 },
    ];
    const evaluated = reportPage(runRecords({ metrics: [...steps(30), ...heldOut] }));
    expect(evaluated).toContain('On held-out rows, after update 30, and before training.');
    expect(evaluated).toContain('<div class="number">87.5%</div><div class="soft">before 25.0%</div>');
    const trained = reportPage(runRecords({ metrics: steps(30) }));
    expect(trained).toContain('Means of the last 3 updates, and of the first 3.');
    expect(trained).toContain('<div class="number">-2.067</div><div class="soft">before -2.967</div>');
  });

  it('shows filtered data before and after', () => {
    const before = { rows: 1200, promptCharacters: 40, responseCharacters: 310, compared: 1200, longerChosen: 0.7 };
    const after = { ...before, rows: 900, longerChosen: undefined };
    const page = reportPage(runRecords({ file: { filtered: { before, after } } }));
    expect(page).toContain('<th scope="row">readable rows</th><td>1,200</td><td>900</td>');
    expect(page).toContain('<th scope="row">longer response is the better one</th><td>70.0%</td><td>–</td>');
    expect(reportPage(runRecords({}))).not.toContain('>before</th>');
  });

  it('says what became of every row: used, dropped by reason, converted', () => {
    const page = reportPage(
      runRecords({
        method: 'kto',
        file: {
          rows: 1234,
          used: 1200,
          dropped: { malformed: { count: 30, firstRows: [1, 2, 3, 4, 5] }, duplicate: { count: 4, firstRows: [7] } },
          converted: { from: 'preference', to: 'labelled', rows: 1200, examples: 2400 },
        },
      }),
    );
    expect(page).toContain('<strong>1,234 rows</strong> = 1,200 used + 30 malformed + 4 duplicate');
    expect(page).toContain('Converted: 1,200 pairs gave 2,400 labelled answers.');
    expect(page).toContain('the row cannot be read or does not fit the schema of its file');
    expect(page).toContain('1, 2, 3, 4, 5, …');
    expect(reportPage(runRecords({}))).not.toContain('Converted');
  });

  it('warns of values that were not finite', () => {
    const lost = { type: 'step', step: 3, loss: null, nonFinite: { loss: 'NaN' } };
    const page = reportPage(runRecords({ metrics: [...steps(2), lost] }));
    expect(page).toContain('One record has values that are not finite, first at update 3.');
    expect(reportPage(runRecords({}))).not.toContain('not finite');
  });

  it('stands without any metric, time or sample', () => {
    const { timing, ...records } = runRecords({ metrics: [] });
    const page = reportPage({ ...records, timing: [] });
    expect(timing).toHaveLength(1);
    expect(page).not.toMatch(/<h2>(Result|Curves|Cost|Answers)/);
    expect(page).toContain('<h2>Data</h2>');
  });
});
