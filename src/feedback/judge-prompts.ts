import { plainText, type Side } from '../data/records.js';
import type { Comparison } from './judge.js';

/** What a judge goes by when it is told nothing else. */
export const DEFAULT_INSTRUCTIONS =
  'A good response does what is asked, is correct, is clear and no longer than it needs to be, and harms nobody.';

/** Ends every question of which response is better; the next token is the answer. */
const CHOICE = 'Which response is better? Answer with 1 or 2 and nothing else.';
const GRADE = 'How good is the response, from 1 (useless) to 10 (perfect)? Answer with the number and nothing else.';

/** Asks which of two responses is the better one, in the order given. */
export function comparisonPrompt({ prompt, first, second, principle }: Comparison, instructions: string): string {
  return [
    'You compare two responses to the same conversation.',
    principle ?? instructions,
    tagged('conversation', transcript(prompt)),
    tagged('response 1', plainText(first)),
    tagged('response 2', plainText(second)),
    CHOICE,
  ].join('\n\n');
}

/** Asks for a grade of 1 to 10. */
export function gradePrompt(prompt: Side, response: Side, instructions: string): string {
  return [
    'You grade a response to a conversation.',
    instructions,
    tagged('conversation', transcript(prompt)),
    tagged('response', plainText(response)),
    GRADE,
  ].join('\n\n');
}

/** Asks what is wrong with a response under a principle (Constitutional AI, arXiv 2212.08073). */
export function critiquePrompt(prompt: Side, response: Side, request: string): string {
  return [
    'Here is a response to a conversation.',
    tagged('conversation', transcript(prompt)),
    tagged('response', plainText(response)),
    request,
  ].join('\n\n');
}

/** Asks for the response anew, with the critique in view. */
export function revisionPrompt(prompt: Side, response: Side, critique: string, request: string): string {
  return [
    'Here are a response to a conversation and a critique of it.',
    tagged('conversation', transcript(prompt)),
    tagged('response', plainText(response)),
    tagged('critique', critique),
    `${request} Write the new response and nothing else.`,
  ].join('\n\n');
}

/** A conversation as text: plain text stands as it is. */
function transcript(prompt: Side): string {
  if (typeof prompt === 'string') return prompt;
  return prompt.map(({ role, content }) => `${role}: ${content}`).join('\n\n');
}

function tagged(name: string, text: string): string {
  return `[${name}]\n${text.trim()}\n[end of ${name}]`;
}
