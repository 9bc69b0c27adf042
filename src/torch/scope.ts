/** What a scope can free. */
export interface Disposable {
  dispose(): void;
  /** Told when no scope will free it any more. */
  outlive?(): void;
}

let active: Disposable[] | undefined;
let watcher: ((open: boolean) => void) | undefined;
const kept = new WeakSet<Disposable>();

/** Lets `told` know, now and whenever it changes, whether a scope is open. */
export function watchScopes(told: (open: boolean) => void): void {
  watcher = told;
  told(active !== undefined);
}

/** Registers a new tensor with the innermost scope. */
export function track(tensor: Disposable): void {
  active?.push(tensor);
}

/** Takes a tensor out of every scope: it lives until it is disposed of or collected. */
export function keep<T extends Disposable>(tensor: T): T {
  if (!kept.has(tensor)) {
    kept.add(tensor);
    tensor.outlive?.();
  }
  return tensor;
}

/**
 * Runs `body` and frees every tensor made inside, except those it returns (alone, or inside arrays, plain objects and
 * maps), which pass to the enclosing scope, and those given to `keep`. When `body` throws, everything is freed.
 * Synchronous by type: a scope held across an `await` would free other people's tensors.
 */
export function scope<T>(body: () => T extends PromiseLike<unknown> ? never : T): T {
  const outer = active;
  const made: Disposable[] = [];
  active = made;
  if (outer === undefined) watcher?.(true);
  const survivors = new Set<unknown>();
  try {
    const result = body();
    collect(result, survivors);
    return result;
  } finally {
    active = outer;
    if (outer === undefined) watcher?.(false);
    for (const tensor of made) {
      if (kept.has(tensor)) continue;
      if (!survivors.has(tensor)) tensor.dispose();
      else if (outer === undefined) tensor.outlive?.();
      else outer.push(tensor);
    }
  }
}

/**
 * What runs a body so that the tensors it makes belong to the scope open now, whatever scope is open then: for what is made
 * at its first use deep inside and used until the end.
 */
export function scopeHere(): <T>(body: () => T) => T {
  const here = active;
  return (body) => {
    const there = active;
    active = here;
    if (here === undefined && there !== undefined) watcher?.(false);
    try {
      return body();
    } finally {
      active = there;
      if (here === undefined && there !== undefined) watcher?.(true);
    }
  };
}

function collect(value: unknown, into: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || into.has(value)) return;
  if ('dispose' in value) {
    into.add(value);
    return;
  }
  if (Array.isArray(value)) for (const element of value) collect(element, into);
  else if (value instanceof Map) for (const element of value.values()) collect(element, into);
  else if (isPlain(value)) for (const element of Object.values(value)) collect(element, into);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
