import type { Message } from '../text/chat-template.js';
import type { DropReason } from './accounting.js';

/** One side of an example: plain text, or the messages of a conversation. */
export type Side = string | readonly Message[];

/** An answer people preferred and one they did not, to one prompt. The three sides are all text or all messages. */
export interface Preference {
  readonly kind: 'preference';
  readonly prompt: Side;
  readonly chosen: Side;
  readonly rejected: Side;
  /** How likely `chosen` is the better one, 0 to 1, where the row says so. */
  readonly confidence?: number;
  /** By how much `chosen` is better, where the row says so. */
  readonly margin?: number;
}

/** A prompt and the response to learn; both text or both messages. The prompt may be empty text. */
export interface Demonstration {
  readonly kind: 'demonstration';
  readonly prompt: Side;
  readonly response: Side;
}

/** A prompt, one response and whether people liked it; both text or both messages. */
export interface Labelled {
  readonly kind: 'labelled';
  readonly prompt: Side;
  readonly response: Side;
  readonly label: boolean;
}

/** A prompt with responses in order, the best first; all text or all messages. */
export interface Ranked {
  readonly kind: 'ranked';
  readonly prompt: Side;
  readonly responses: readonly Side[];
  /** How good each response is, falling; equal numbers for ties. */
  readonly grades: readonly number[];
}

/** A prompt that a model is to answer. */
export interface Prompt {
  readonly kind: 'prompt';
  readonly prompt: Side;
}

export type DataRecord = Preference | Demonstration | Labelled | Ranked | Prompt;

/** A row that is well formed yet holds nothing to train on. */
export interface Unusable {
  readonly kind: 'unusable';
  readonly reason: DropReason;
}

export function unusable(reason: DropReason): Unusable {
  return { kind: 'unusable', reason };
}

/** The responses of a record, the preferred one first. */
export function responsesOf(record: DataRecord): readonly Side[] {
  if (record.kind === 'prompt') return [];
  if (record.kind === 'ranked') return record.responses;
  return record.kind === 'preference' ? [record.chosen, record.rejected] : [record.response];
}

/** The text of a side without markup: the contents of its messages, a blank line between two. */
export function plainText(side: Side): string {
  return typeof side === 'string' ? side : side.map((message) => message.content).join('\n\n');
}

export function isMessages(side: Side): side is readonly Message[] {
  return typeof side !== 'string';
}
