import { z } from 'zod';
import type { Method, ObjectiveShape } from './objective.js';
import type { OnlineMethod } from './online/online-method.js';
import { onlineMethods } from './online/registry.js';
import { methods } from './registry.js';

export interface MethodSetting {
  readonly key: string;
  readonly default: unknown;
  readonly meaning: string;
}

/** What people read about a method; the command line and docs/methods.md are made of it. */
export interface MethodEntry {
  readonly name: string;
  readonly formula: string;
  readonly source: string;
  readonly use: string;
  /** `prompt`: it samples its own responses. */
  readonly data: ObjectiveShape | 'prompt';
  readonly reference: boolean | 'optional';
  /**
   * Passes of one response through a model for a pair of responses (demonstrations: for one), a critic's among them; what it
   * takes to sample responses is not counted.
   */
  readonly forwards: { readonly policy: number; readonly reference: number };
  readonly settings: readonly MethodSetting[];
}

/** Every method, those without a reference first, by name. */
export function catalogue(): readonly MethodEntry[] {
  return [...Object.values(methods).map(entryOf), ...Object.values(onlineMethods).map(onlineEntryOf)].sort(
    (a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1),
  );
}

function rank({ data, reference }: MethodEntry): number {
  const shapes: readonly MethodEntry['data'][] = ['text', 'pair', 'ranked', 'labelled', 'prompt'];
  return shapes.indexOf(data) * 3 + [false, true, 'optional'].indexOf(reference);
}

function entryOf({ name, notes, shape, reference, mismatched, config }: Method): MethodEntry {
  const responses = (shape === 'text' ? 1 : 2) * (mismatched ? 2 : 1);
  return {
    name,
    ...notes,
    data: shape,
    reference,
    forwards: { policy: responses, reference: reference === false ? 0 : responses },
    settings: settingsOf(config),
  };
}

function onlineEntryOf({ name, notes, defaults, config, bind }: OnlineMethod): MethodEntry {
  const method = bind({});
  const reference = method.kind === 'tokens' ? method.reference : method.objective.reference;
  // a look at the samples before the first update, then every pass; the critic the same beside
  const looks = method.kind === 'tokens' ? (1 + defaults.epochs) * (method.critic === 'own' ? 2 : 1) : 1;
  return {
    name,
    ...notes,
    data: 'prompt',
    reference,
    forwards: { policy: 2 * looks, reference: reference ? 2 : 0 },
    settings: settingsOf(config),
  };
}

function settingsOf(config: z.ZodType): MethodSetting[] {
  const { properties = {} } = z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).flatMap(([key, schema]) =>
    typeof schema === 'boolean' ? [] : [{ key, default: schema.default, meaning: schema.description ?? '' }],
  );
}
