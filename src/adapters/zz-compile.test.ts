import { it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
it('c', async () => { console.log(await ensureEngine({ install: false })); }, 600000);
