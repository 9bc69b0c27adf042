import type { AttentionContext } from '../nn/attention-context.js';
import { type RotarySpec, type RotaryTables, rotaryTables } from '../nn/rotary.js';
import type { WorkCount } from '../nn/work.js';
import { type DType, scopeHere, type Tensor } from '../torch/index.js';

/** What the layers of one forward pass share. */
export class ForwardState {
  readonly context: AttentionContext;
  readonly work: WorkCount;
  readonly #dtype: DType;
  // layers have scopes of their own
  readonly #whole = scopeHere();
  readonly #tables = new Map<RotarySpec, RotaryTables>();

  constructor(context: AttentionContext, dtype: DType, work: WorkCount) {
    this.context = context;
    this.work = work;
    this.#dtype = dtype;
  }

  /** Rotary tables of the row's positions, made once a pass. */
  rotary(spec: RotarySpec): RotaryTables {
    let tables = this.#tables.get(spec);
    if (tables === undefined) {
      tables = this.#whole(() => rotaryTables(spec, this.context.positions, this.#dtype));
      this.#tables.set(spec, tables);
    }
    return tables;
  }
}

/** One decoder layer: `[N, D]` -> `[N, D]`. */
export type Layer = (hidden: Tensor, state: ForwardState) => Tensor;
