import type { DropReason } from './accounting.js';
import { isMessages, type Side } from './records.js';
import { type Rendered, type RenderSettings, type RenderStyle, render } from './render.js';
import { textFault } from './text-fault.js';
import { cutResponse, cutTrunk, dropOldestTurns, type LengthLimits, trunkRoom } from './truncate.js';

export interface GrowSettings extends RenderSettings, LengthLimits {
  /** `trunk`: a trunk too long is cut from its start; `drop`: its row is dropped. */
  readonly truncation: 'trunk' | 'drop';
}

/** A prompt and its responses as tokens that fit, and what was cut off to make them fit. */
export interface Grown {
  readonly kind: 'grown';
  readonly style: RenderStyle;
  readonly trunk: readonly number[];
  readonly responses: readonly (readonly number[])[];
  /** Tokens cut from the start of the trunk. */
  readonly trunkCut: number;
  /** Tokens cut from the end of each response. */
  readonly responseCuts: readonly number[];
}

/** Why nothing grew. */
export interface Withered {
  readonly kind: 'withered';
  readonly reason: DropReason;
}

/**
 * Renders a prompt with its responses and cuts them to length. The order of the checks is the order of the reasons:
 * empty, equal, without context or tokens, too long, equal after truncation.
 *
 * @throws RowProblem when the chat template refuses the messages.
 */
export function growTree(prompt: Side, responses: readonly Side[], settings: GrowSettings): Grown | Withered {
  const fault = textFault(responses);
  if (fault !== undefined) return withered(fault);
  const whole = render(prompt, responses, settings);
  if (whole.trunk.length === 0) return withered('no context');
  if (whole.responses.some((ids) => ids.length === 0)) return withered('no supervised token');
  if (hasEqual(whole.responses)) return withered('equal responses');
  const fitted = fitTrunk(whole, prompt, responses, settings);
  if (!fitted) return withered('prompt too long');
  const cut = fitted.responses.map((ids) => cutResponse(ids, fitted.trunk.length, settings));
  if (cut.some((ids) => ids.length === 0)) return withered('prompt too long');
  if (hasEqual(cut)) return withered('equal after truncation');
  return {
    kind: 'grown',
    style: fitted.style,
    trunk: fitted.trunk,
    responses: cut,
    trunkCut: whole.trunk.length - fitted.trunk.length,
    responseCuts: fitted.responses.map((ids, i) => ids.length - (cut[i]?.length ?? 0)),
  };
}

/** Shortens the trunk if it must be: conversations by whole turns, plain text by tokens. Undefined: it cannot be. */
function fitTrunk(
  whole: Rendered,
  prompt: Side,
  responses: readonly Side[],
  settings: GrowSettings,
): Rendered | undefined {
  const room = trunkRoom(whole.responses, settings);
  if (whole.trunk.length <= room) return whole;
  if (settings.truncation === 'drop') return undefined;
  if (isMessages(prompt)) {
    const shorter = dropOldestTurns(prompt, (candidate) => render(candidate, responses, settings).trunk.length <= room);
    if (shorter) return render(shorter, responses, settings);
  }
  // the markup of a chat template does not survive a cut in its middle
  if (whole.style === 'chat') return undefined;
  return { ...whole, trunk: cutTrunk(whole.trunk, room, settings.tokenizer.bos) };
}

function hasEqual(responses: readonly (readonly number[])[]): boolean {
  return responses.some((ids, i) => responses.some((other, j) => j < i && areEqual(ids, other)));
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}

function withered(reason: DropReason): Withered {
  return { kind: 'withered', reason };
}
