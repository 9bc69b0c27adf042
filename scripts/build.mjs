/** `npm run build`: node packages when needed, then src/ into dist/. */
import { orExit, setup } from './setup.mjs';

orExit(() => setup({ engine: false }));
