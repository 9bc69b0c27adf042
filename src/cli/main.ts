#!/usr/bin/env node
import { yieldToComputation } from '../torch/engine/thread-priority.js';
import { runProgram } from './program.js';

yieldToComputation();
const exitCode = await runProgram(process.argv.slice(2));
if (exitCode !== undefined) process.exitCode = exitCode;
