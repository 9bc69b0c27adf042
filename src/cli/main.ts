#!/usr/bin/env node
import { endQuickly } from '../torch/engine/quick-end.js';
import { yieldToComputation } from '../torch/engine/thread-priority.js';
import { runProgram } from './program.js';

yieldToComputation();
endQuickly();
const exitCode = await runProgram(process.argv.slice(2));
if (exitCode !== undefined) process.exitCode = exitCode;
