import { describe, expect, it } from 'vitest';
import { hashFile, RowAccount } from './accounting.js';
import { temporaryFolder } from './testing/temporary-folder.js';

const write = temporaryFolder();

describe('RowAccount', () => {
  it('balances what was read with what was used and dropped', () => {
    const account = new RowAccount('rows.jsonl');
    for (let row = 1; row <= 9; row++) {
      account.read();
      if (row < 3) account.take();
      else account.drop(row === 5 ? 'duplicate' : 'empty response', row);
    }
    expect(account.close()).toEqual({
      rows: 9,
      used: 2,
      dropped: {
        'empty response': { count: 6, firstRows: [3, 4, 6, 7, 8] },
        duplicate: { count: 1, firstRows: [5] },
      },
    });
  });

  it.each([0, 2])('refuses a row that was counted %i times', (times) => {
    const account = new RowAccount('rows.jsonl');
    account.read();
    for (let i = 0; i < times; i++) account.take();
    expect(() => account.close()).toThrow(/rows\.jsonl: 1 rows were read but [02] are accounted for/);
  });
});

describe('hashFile', () => {
  it('gives the known digest of abc', async () => {
    expect(await hashFile(write('abc', 'abc'))).toEqual({
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      bytes: 3,
    });
  });
});
