import { type Binding, loadBinding } from './binding.js';
import { readyEngine } from './engine/ensure-engine.js';
import { prepareEnvironment } from './engine/preload.js';
import { endsQuickly } from './engine/quick-end.js';
import { watchScopes } from './scope.js';

let loaded: Binding | undefined;

/**
 * The native addon, loaded at the first use.
 *
 * @throws OrpoError `engine` when libtorch or the compiled addon is missing.
 */
export function addon(): Binding {
  if (loaded === undefined) {
    const { addon: path } = readyEngine();
    prepareEnvironment();
    const native = loadBinding(path);
    // not after `process.exit`, where Node puts the terminal right among what this leaves out
    if (endsQuickly()) process.once('beforeExit', () => native.endAtOnce());
    watchScopes((open) => native.scoped(open));
    loaded = native;
  }
  return loaded;
}
