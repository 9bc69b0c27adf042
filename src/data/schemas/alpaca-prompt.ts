import type { Message } from '../../text/chat-template.js';
import { readOptionalText, readText } from '../read-side.js';
import { RowProblem } from '../sources/source-row.js';

/** The messages an Alpaca row asks with: `system`, earlier turns from `history`, then instruction and input. */
export function alpacaPrompt(row: Record<string, unknown>): Message[] {
  const system = readOptionalText(row, 'system');
  const input = readOptionalText(row, 'input');
  const instruction = readText(row, 'instruction');
  const content = [instruction, input].filter((part) => part !== '').join('\n');
  const before = system === '' ? [] : [{ role: 'system', content: system }];
  return [...before, ...readHistory(row.history), { role: 'user', content }];
}

function readHistory(history: unknown): Message[] {
  if (history === undefined || history === null) return [];
  const problem = new RowProblem('"history" is not a list of [question, answer].', 'Give it as [["…", "…"], …].');
  if (!Array.isArray(history)) throw problem;
  return history.flatMap((turn) => {
    if (!Array.isArray(turn) || turn.length !== 2) throw problem;
    const [question, answer] = turn;
    if (typeof question !== 'string' || typeof answer !== 'string') throw problem;
    return [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ];
  });
}
