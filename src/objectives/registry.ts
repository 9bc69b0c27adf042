import { mixtureOf } from './mpo.js';
import * as named from './named.js';

/** Every method by name. */
export const methods = { ...named, mpo: mixtureOf(named) } as const;

export type MethodName = keyof typeof methods;
