import type { EventTotals, Recording } from '../../torch/index.js';
import type { MultiplyRate } from './multiply-rate.js';

/** Time of one part of the updates. Seconds, all updates together. */
export interface FloorTime {
  readonly floor: string;
  readonly forward: number;
  readonly backward: number;
  /** Between operators: TypeScript, and the calls themselves. */
  readonly between: number;
  /** Of the time of the updates. */
  readonly share: number;
}

/** One operator of the updates, without those it calls. */
export interface OperatorTime {
  readonly name: string;
  readonly calls: number;
  readonly seconds: number;
  readonly share: number;
  /** Multiplications and additions of its matrix products, and the share of the limit they ran at; only products have them. */
  readonly flops: number;
  readonly limitShare?: number;
  /** Operands and results. */
  readonly bytes: number;
}

/** Where the time of a run went. */
export interface ProfileSummary {
  readonly machine: { readonly cpu: string; readonly threads: number; readonly torch: string };
  readonly precision: string;
  readonly limit: MultiplyRate;
  /** Seconds from the start of the profile to its end, and of them the parts of a run; `idle` is outside all. */
  readonly seconds: number;
  readonly phases: readonly { readonly phase: string; readonly seconds: number; readonly share: number }[];
  readonly updates: {
    /** The first, in which memory is laid out and kernels are made, is left out where others follow. */
    readonly count: number;
    readonly seconds: number;
    /** Operations they could not do without, and the share of the limit that this is. */
    readonly usefulFlops: number;
    readonly limitShare: number;
    readonly bytes: number;
    readonly operatorCalls: number;
  };
  readonly floors: readonly FloorTime[];
  readonly operators: readonly OperatorTime[];
  readonly trace: { readonly events: number; readonly untraced: number };
}

/** The span of an update after the first, and that of the first. */
export const UPDATE = 'update';
export const FIRST_UPDATE = 'first update';

export function summarise(
  recording: Recording,
  ground: Pick<ProfileSummary, 'machine' | 'precision' | 'limit'>,
): ProfileSummary {
  const { totals, seconds, trace, untraced, work } = recording;
  const whole = totals.filter(({ kind, phase, name }) => kind === 'span' && name === phase);
  const phase = whole.some(({ name }) => name === UPDATE) ? UPDATE : FIRST_UPDATE;
  const inUpdates = totals.filter((entry) => entry.phase === phase);
  const update = whole.find(({ name }) => name === phase);
  const taken = update?.all ?? 0;
  const usefulFlops = work.get(phase) ?? 0;
  const sum = (of: (entry: EventTotals) => number): number => inUpdates.reduce((total, entry) => total + of(entry), 0);
  return {
    ...ground,
    seconds,
    phases: phasesOf(whole, seconds),
    updates: {
      count: update?.calls ?? 0,
      seconds: taken,
      usefulFlops,
      limitShare: shareOf(usefulFlops, taken * ground.limit.flops),
      bytes: sum(({ bytes }) => bytes),
      operatorCalls: sum(({ kind, calls }) => (kind === 'operator' ? calls : 0)),
    },
    floors: floorsOf(inUpdates, taken, phase),
    operators: operatorsOf(inUpdates, taken, ground.limit.flops),
    trace: { events: trace.length, untraced },
  };
}

function phasesOf(whole: readonly EventTotals[], seconds: number): ProfileSummary['phases'] {
  const phases = whole.map(({ name, all }) => ({ phase: name, seconds: all, share: shareOf(all, seconds) }));
  const idle = seconds - phases.reduce((total, phase) => total + phase.seconds, 0);
  phases.push({ phase: 'idle', seconds: idle, share: shareOf(idle, seconds) });
  return phases.sort((a, b) => b.seconds - a.seconds);
}

function floorsOf(totals: readonly EventTotals[], seconds: number, phase: string): FloorTime[] {
  const floors = new Map<string, { forward: number; backward: number; between: number }>();
  for (const { floor: inside, kind, backward, own } of totals) {
    const floor = inside === phase ? 'other' : inside;
    const times = floors.get(floor) ?? { forward: 0, backward: 0, between: 0 };
    if (kind === 'span') times.between += own;
    else if (backward) times.backward += own;
    else times.forward += own;
    floors.set(floor, times);
  }
  return [...floors]
    .map(([floor, times]) => ({
      floor,
      ...times,
      share: shareOf(times.forward + times.backward + times.between, seconds),
    }))
    .sort((a, b) => b.share - a.share);
}

function operatorsOf(totals: readonly EventTotals[], seconds: number, limit: number): OperatorTime[] {
  const operators = new Map<string, { calls: number; seconds: number; flops: number; bytes: number }>();
  for (const { name, kind, calls, own, flops, bytes } of totals) {
    if (kind === 'span') continue;
    const sums = operators.get(name) ?? { calls: 0, seconds: 0, flops: 0, bytes: 0 };
    sums.calls += calls;
    sums.seconds += own;
    sums.flops += flops;
    sums.bytes += bytes;
    operators.set(name, sums);
  }
  return [...operators]
    .map(([name, sums]) => ({
      name,
      ...sums,
      share: shareOf(sums.seconds, seconds),
      ...(sums.flops > 0 ? { limitShare: shareOf(sums.flops, sums.seconds * limit) } : {}),
    }))
    .sort((a, b) => b.seconds - a.seconds);
}

function shareOf(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
