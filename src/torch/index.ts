export { backward, grad, gradOf, noGrad, recording } from './autograd.js';
export type { Memory, Versions } from './binding.js';
export type { DType } from './dtype.js';
export { fromBytes, fromIndices, fromNumbers, fromTypedArray, MappedFile, sent } from './from-data.js';
export { Generator } from './generator-handle.js';
export * from './ops.gen.js';
export {
  type EventKind,
  type EventTotals,
  noteWork,
  openSpan,
  type Recording,
  span,
  spanned,
  spanOver,
  startRecording,
  stopRecording,
  type TracedEvent,
} from './recording.js';
export { emptyCache, memory, resetPeak, threads, versions } from './runtime.js';
export { keep, scope, thisScope } from './scope.js';
export { toBytes, toFloat32Array, toInt32Array, toNumbers } from './to-data.js';
export { TorchError } from './torch-error.js';
