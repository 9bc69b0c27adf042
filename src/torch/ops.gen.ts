// Generated from src/torch/ops.txt by scripts/generate-ops.mjs. Do not edit.
import { addon } from './addon.js';
import { asHandle, asHandles, type Handle, type Result } from './binding.js';
import { call, operator } from './call.js';
import { type DType, dtypeCode, optionalDtypeCode } from './dtype.js';
import type { Generator } from './generator-handle.js';
import { TensorBase } from './tensor-base.js';

const ADD = operator('aten::add', 'Tensor');
const ADD_IN_PLACE = operator('aten::add_', 'Tensor');
const SUB = operator('aten::sub', 'Tensor');
const SUB_IN_PLACE = operator('aten::sub_', 'Tensor');
const MUL = operator('aten::mul', 'Tensor');
const MUL_IN_PLACE = operator('aten::mul_', 'Tensor');
const DIV = operator('aten::div', 'Tensor');
const DIV_IN_PLACE = operator('aten::div_', 'Tensor');
const REMAINDER = operator('aten::remainder', 'Scalar');
const NEG = operator('aten::neg', '');
const ABS = operator('aten::abs', '');
const EXP = operator('aten::exp', '');
const EXPM1 = operator('aten::expm1', '');
const LOG = operator('aten::log', '');
const LOG1P = operator('aten::log1p', '');
const SQRT = operator('aten::sqrt', '');
const RSQRT = operator('aten::rsqrt', '');
const SQUARE = operator('aten::square', '');
const POW = operator('aten::pow', 'Tensor_Scalar');
const SIN = operator('aten::sin', '');
const COS = operator('aten::cos', '');
const TANH = operator('aten::tanh', '');
const SIGMOID = operator('aten::sigmoid', '');
const SILU = operator('aten::silu', '');
const RELU = operator('aten::relu', '');
const GELU = operator('aten::gelu', '');
const SOFTPLUS = operator('aten::softplus', '');
const SOFTMAX = operator('aten::softmax', 'int');
const LOG_SOFTMAX = operator('aten::log_softmax', 'int');
const LOGSUMEXP = operator('aten::logsumexp', '');
const CLAMP = operator('aten::clamp', '');
const SUM = operator('aten::sum', '');
const SUM_DIM = operator('aten::sum', 'dim_IntList');
const MEAN = operator('aten::mean', '');
const MEAN_DIM = operator('aten::mean', 'dim');
const MAX = operator('aten::max', '');
const MAX_DIM = operator('aten::max', 'dim');
const MAXIMUM = operator('aten::maximum', '');
const AMAX = operator('aten::amax', '');
const ARGMAX = operator('aten::argmax', '');
const CUMSUM = operator('aten::cumsum', '');
const NORM = operator('aten::linalg_vector_norm', '');
const ISFINITE = operator('aten::isfinite', '');
const ALL = operator('aten::all', '');
const ANY = operator('aten::any', '');
const EQUAL = operator('aten::equal', '');
const EQ = operator('aten::eq', 'Tensor');
const NE = operator('aten::ne', 'Tensor');
const LT = operator('aten::lt', 'Tensor');
const LE = operator('aten::le', 'Tensor');
const GT = operator('aten::gt', 'Tensor');
const GE = operator('aten::ge', 'Tensor');
const LOGICAL_AND = operator('aten::logical_and', '');
const LOGICAL_OR = operator('aten::logical_or', '');
const LOGICAL_NOT = operator('aten::logical_not', '');
const MASKED_FILL = operator('aten::masked_fill', 'Scalar');
const MASKED_FILL_IN_PLACE = operator('aten::masked_fill_', 'Scalar');
const MATMUL = operator('aten::matmul', '');
const MM = operator('aten::mm', '');
const BMM = operator('aten::bmm', '');
const ADDMM_IN_PLACE = operator('aten::addmm_', '');
const OUTER = operator('aten::outer', '');
const VIEW = operator('aten::view', '');
const VIEW_DTYPE = operator('aten::view', 'dtype');
const RESHAPE = operator('aten::reshape', '');
const EXPAND = operator('aten::expand', '');
const TRANSPOSE = operator('aten::transpose', 'int');
const PERMUTE = operator('aten::permute', '');
const CONTIGUOUS = operator('aten::contiguous', '');
const SQUEEZE = operator('aten::squeeze', 'dim');
const UNSQUEEZE = operator('aten::unsqueeze', '');
const NARROW = operator('aten::narrow', '');
const SELECT = operator('aten::select', 'int');
const SPLIT_SIZES = operator('aten::split_with_sizes', '');
const CHUNK = operator('aten::chunk', '');
const INDEX_SELECT = operator('aten::index_select', '');
const INDEX_ADD = operator('aten::index_add', '');
const INDEX_ADD_IN_PLACE = operator('aten::index_add_', '');
const INDEX_COPY_IN_PLACE = operator('aten::index_copy_', '');
const INDEX_PUT_IN_PLACE = operator('aten::index_put_', '');
const GATHER = operator('aten::gather', '');
const SCATTER = operator('aten::scatter', 'value');
const SCATTER_IN_PLACE = operator('aten::scatter_', 'value');
const REPEAT_INTERLEAVE = operator('aten::repeat_interleave', 'self_int');
const SORT = operator('aten::sort', '');
const TOPK = operator('aten::topk', '');
const MULTINOMIAL = operator('aten::multinomial', '');
const TRIL = operator('aten::tril', '');
const TRIU = operator('aten::triu', '');
const DETACH = operator('aten::detach', '');
const CLONE = operator('aten::clone', '');
const COPY_IN_PLACE = operator('aten::copy_', '');
const ZERO_IN_PLACE = operator('aten::zero_', '');
const FILL_IN_PLACE = operator('aten::fill_', 'Scalar');
const NORMAL_IN_PLACE = operator('aten::normal_', '');
const UNIFORM_IN_PLACE = operator('aten::uniform_', '');
const BERNOULLI_IN_PLACE = operator('aten::bernoulli_', 'float');
const TO_DTYPE = operator('aten::to', 'dtype');
const TO_DEVICE = operator('aten::to', 'device');
const ZEROS_LIKE = operator('aten::zeros_like', '');
const ONES_LIKE = operator('aten::ones_like', '');
const EMPTY_LIKE = operator('aten::empty_like', '');
const ZEROS = operator('aten::zeros', '');
const ONES = operator('aten::ones', '');
const EMPTY = operator('aten::empty', 'memory_format');
const FULL = operator('aten::full', '');
const ARANGE = operator('aten::arange', 'start_step');
const WHERE = operator('aten::where', 'self');
const CAT = operator('aten::cat', '');
const STACK = operator('aten::stack', '');
const LINEAR = operator('aten::linear', '');
const EMBEDDING = operator('aten::embedding', '');
const LAYER_NORM = operator('aten::layer_norm', '');
const RMS_NORM = operator('aten::rms_norm', '');
const SCALED_DOT_PRODUCT_ATTENTION = operator('aten::scaled_dot_product_attention', '');
const FUSED_ADAMW_IN_PLACE = operator('aten::_fused_adamw_', '');
const FOREACH_ADD_IN_PLACE = operator('aten::_foreach_add_', 'Scalar');
const FOREACH_COPY_IN_PLACE = operator('aten::_foreach_copy_', '');
const FUSED_TOKEN_LOG_PROBS = operator('orpo::token_log_probs', '');
const FUSED_RMS_NORM = operator('orpo::rms_norm', '');
const FUSED_ROTARY = operator('orpo::rotary', '');
const FUSED_GATED_ACTIVATION = operator('orpo::gated_activation', '');
const FUSED_FOREST_ATTENTION = operator('orpo::forest_attention', '');
const JOINED_FOREST_ATTENTION = operator('orpo::forest_attention_joined', '');
const ADAMW_IN_PLACE = operator('orpo::adamw_', '');
const FUSED_SPLIT_MASTER = operator('orpo::split_master', '');
const FUSED_LINEARS = operator('orpo::linears', '');
const DROPOUT_MASK = operator('orpo::dropout_mask', '');
const DEQUANTISE = operator('orpo::dequantise', '');
const QUANTISED_PACK = operator('orpo::quantised_pack', '');
const QUANTISED_ROWS = operator('orpo::quantised_rows', '');
const QUANTISED_LINEAR = operator('orpo::quantised_linear', '');
const CACHED_ATTENTION = operator('orpo::cached_attention', '');

function one(result: Result): Tensor {
  return new Tensor(asHandle(result));
}

function many(result: Result): Tensor[] {
  return asHandles(result).map((handle) => new Tensor(handle));
}

function pick(results: readonly Handle[], index: number): Tensor {
  const handle = results[index];
  if (handle === undefined) throw new RangeError(`result ${index} of ${results.length}`);
  return new Tensor(handle);
}

/** An in-place operator returns its own tensor once more; the second handle is of no use. */
function dropAlias(result: Result): void {
  addon().dispose(asHandle(result));
}

/** An immutable tensor: a handle over libtorch's. Methods are ATen's operators in camel case; those ending in _ write in place. */
export class Tensor extends TensorBase {
  /** `aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
  add(other: Tensor | number, options: { alpha?: number | undefined } = {}): Tensor {
    return one(call(ADD, this, other, options.alpha));
  }

  /** `aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)` */
  add_(other: Tensor | number, options: { alpha?: number | undefined } = {}): this {
    dropAlias(call(ADD_IN_PLACE, this, other, options.alpha));
    return this;
  }

  /** `aten::sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
  sub(other: Tensor | number, options: { alpha?: number | undefined } = {}): Tensor {
    return one(call(SUB, this, other, options.alpha));
  }

  /** `aten::sub_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)` */
  sub_(other: Tensor | number, options: { alpha?: number | undefined } = {}): this {
    dropAlias(call(SUB_IN_PLACE, this, other, options.alpha));
    return this;
  }

  /** `aten::mul.Tensor(Tensor self, Tensor other) -> Tensor` */
  mul(other: Tensor | number): Tensor {
    return one(call(MUL, this, other));
  }

  /** `aten::mul_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  mul_(other: Tensor | number): this {
    dropAlias(call(MUL_IN_PLACE, this, other));
    return this;
  }

  /** `aten::div.Tensor(Tensor self, Tensor other) -> Tensor` */
  div(other: Tensor | number): Tensor {
    return one(call(DIV, this, other));
  }

  /** `aten::div_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  div_(other: Tensor | number): this {
    dropAlias(call(DIV_IN_PLACE, this, other));
    return this;
  }

  /** `aten::remainder.Scalar(Tensor self, Scalar other) -> Tensor` */
  remainder(other: number): Tensor {
    return one(call(REMAINDER, this, other));
  }

  /** `aten::neg(Tensor self) -> Tensor` */
  neg(): Tensor {
    return one(call(NEG, this));
  }

  /** `aten::abs(Tensor self) -> Tensor` */
  abs(): Tensor {
    return one(call(ABS, this));
  }

  /** `aten::exp(Tensor self) -> Tensor` */
  exp(): Tensor {
    return one(call(EXP, this));
  }

  /** `aten::expm1(Tensor self) -> Tensor` */
  expm1(): Tensor {
    return one(call(EXPM1, this));
  }

  /** `aten::log(Tensor self) -> Tensor` */
  log(): Tensor {
    return one(call(LOG, this));
  }

  /** `aten::log1p(Tensor self) -> Tensor` */
  log1p(): Tensor {
    return one(call(LOG1P, this));
  }

  /** `aten::sqrt(Tensor self) -> Tensor` */
  sqrt(): Tensor {
    return one(call(SQRT, this));
  }

  /** `aten::rsqrt(Tensor self) -> Tensor` */
  rsqrt(): Tensor {
    return one(call(RSQRT, this));
  }

  /** `aten::square(Tensor self) -> Tensor` */
  square(): Tensor {
    return one(call(SQUARE, this));
  }

  /** `aten::pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor` */
  pow(exponent: number): Tensor {
    return one(call(POW, this, exponent));
  }

  /** `aten::sin(Tensor self) -> Tensor` */
  sin(): Tensor {
    return one(call(SIN, this));
  }

  /** `aten::cos(Tensor self) -> Tensor` */
  cos(): Tensor {
    return one(call(COS, this));
  }

  /** `aten::tanh(Tensor self) -> Tensor` */
  tanh(): Tensor {
    return one(call(TANH, this));
  }

  /** `aten::sigmoid(Tensor self) -> Tensor` */
  sigmoid(): Tensor {
    return one(call(SIGMOID, this));
  }

  /** `aten::silu(Tensor self) -> Tensor` */
  silu(): Tensor {
    return one(call(SILU, this));
  }

  /** `aten::relu(Tensor self) -> Tensor` */
  relu(): Tensor {
    return one(call(RELU, this));
  }

  /** `aten::gelu(Tensor self, *, str approximate="none") -> Tensor` */
  gelu(options: { approximate?: string | undefined } = {}): Tensor {
    return one(call(GELU, this, options.approximate));
  }

  /** `aten::softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor` */
  softplus(options: { beta?: number | undefined; threshold?: number | undefined } = {}): Tensor {
    return one(call(SOFTPLUS, this, options.beta, options.threshold));
  }

  /** `aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor` */
  softmax(dim: number, options: { dtype?: DType | undefined } = {}): Tensor {
    return one(call(SOFTMAX, this, dim, optionalDtypeCode(options.dtype)));
  }

  /** `aten::log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor` */
  logSoftmax(dim: number, options: { dtype?: DType | undefined } = {}): Tensor {
    return one(call(LOG_SOFTMAX, this, dim, optionalDtypeCode(options.dtype)));
  }

  /** `aten::logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor` */
  logsumexp(dim: number | readonly number[], options: { keepdim?: boolean | undefined } = {}): Tensor {
    return one(call(LOGSUMEXP, this, dim, options.keepdim));
  }

  /** `aten::clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor` */
  clamp(options: { min?: number | undefined; max?: number | undefined } = {}): Tensor {
    return one(call(CLAMP, this, options.min, options.max));
  }

  /** `aten::sum(Tensor self, *, ScalarType? dtype=None) -> Tensor` */
  sum(options: { dtype?: DType | undefined } = {}): Tensor {
    return one(call(SUM, this, optionalDtypeCode(options.dtype)));
  }

  /** `aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  sumDim(dim: number | readonly number[] | undefined, options: { keepdim?: boolean | undefined; dtype?: DType | undefined } = {}): Tensor {
    return one(call(SUM_DIM, this, dim, options.keepdim, optionalDtypeCode(options.dtype)));
  }

  /** `aten::mean(Tensor self, *, ScalarType? dtype=None) -> Tensor` */
  mean(options: { dtype?: DType | undefined } = {}): Tensor {
    return one(call(MEAN, this, optionalDtypeCode(options.dtype)));
  }

  /** `aten::mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  meanDim(dim: number | readonly number[] | undefined, options: { keepdim?: boolean | undefined; dtype?: DType | undefined } = {}): Tensor {
    return one(call(MEAN_DIM, this, dim, options.keepdim, optionalDtypeCode(options.dtype)));
  }

  /** `aten::max(Tensor self) -> Tensor` */
  max(): Tensor {
    return one(call(MAX, this));
  }

  /** `aten::max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)` */
  maxDim(dim: number, options: { keepdim?: boolean | undefined } = {}): { values: Tensor; indices: Tensor } {
    const results = asHandles(call(MAX_DIM, this, dim, options.keepdim));
    return { values: pick(results, 0), indices: pick(results, 1) };
  }

  /** `aten::maximum(Tensor self, Tensor other) -> Tensor` */
  maximum(other: Tensor): Tensor {
    return one(call(MAXIMUM, this, other));
  }

  /** `aten::amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor` */
  amax(options: { dim?: number | readonly number[] | undefined; keepdim?: boolean | undefined } = {}): Tensor {
    return one(call(AMAX, this, options.dim, options.keepdim));
  }

  /** `aten::argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor` */
  argmax(options: { dim?: number | undefined; keepdim?: boolean | undefined } = {}): Tensor {
    return one(call(ARGMAX, this, options.dim, options.keepdim));
  }

  /** `aten::cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor` */
  cumsum(dim: number, options: { dtype?: DType | undefined } = {}): Tensor {
    return one(call(CUMSUM, this, dim, optionalDtypeCode(options.dtype)));
  }

  /** `aten::linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  norm(options: { ord?: number | undefined; dim?: number | readonly number[] | undefined; keepdim?: boolean | undefined; dtype?: DType | undefined } = {}): Tensor {
    return one(call(NORM, this, options.ord, options.dim, options.keepdim, optionalDtypeCode(options.dtype)));
  }

  /** `aten::isfinite(Tensor self) -> Tensor` */
  isfinite(): Tensor {
    return one(call(ISFINITE, this));
  }

  /** `aten::all(Tensor self) -> Tensor` */
  all(): Tensor {
    return one(call(ALL, this));
  }

  /** `aten::any(Tensor self) -> Tensor` */
  any(): Tensor {
    return one(call(ANY, this));
  }

  /** `aten::equal(Tensor self, Tensor other) -> bool` */
  equal(other: Tensor): boolean {
    return call(EQUAL, this, other) === true;
  }

  /** `aten::eq.Tensor(Tensor self, Tensor other) -> Tensor` */
  eq(other: Tensor | number): Tensor {
    return one(call(EQ, this, other));
  }

  /** `aten::ne.Tensor(Tensor self, Tensor other) -> Tensor` */
  ne(other: Tensor | number): Tensor {
    return one(call(NE, this, other));
  }

  /** `aten::lt.Tensor(Tensor self, Tensor other) -> Tensor` */
  lt(other: Tensor | number): Tensor {
    return one(call(LT, this, other));
  }

  /** `aten::le.Tensor(Tensor self, Tensor other) -> Tensor` */
  le(other: Tensor | number): Tensor {
    return one(call(LE, this, other));
  }

  /** `aten::gt.Tensor(Tensor self, Tensor other) -> Tensor` */
  gt(other: Tensor | number): Tensor {
    return one(call(GT, this, other));
  }

  /** `aten::ge.Tensor(Tensor self, Tensor other) -> Tensor` */
  ge(other: Tensor | number): Tensor {
    return one(call(GE, this, other));
  }

  /** `aten::logical_and(Tensor self, Tensor other) -> Tensor` */
  logicalAnd(other: Tensor): Tensor {
    return one(call(LOGICAL_AND, this, other));
  }

  /** `aten::logical_or(Tensor self, Tensor other) -> Tensor` */
  logicalOr(other: Tensor): Tensor {
    return one(call(LOGICAL_OR, this, other));
  }

  /** `aten::logical_not(Tensor self) -> Tensor` */
  logicalNot(): Tensor {
    return one(call(LOGICAL_NOT, this));
  }

  /** `aten::masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor` */
  maskedFill(mask: Tensor, value: number): Tensor {
    return one(call(MASKED_FILL, this, mask, value));
  }

  /** `aten::masked_fill_.Scalar(Tensor(a!) self, Tensor mask, Scalar value) -> Tensor(a!)` */
  maskedFill_(mask: Tensor, value: number): this {
    dropAlias(call(MASKED_FILL_IN_PLACE, this, mask, value));
    return this;
  }

  /** `aten::matmul(Tensor self, Tensor other) -> Tensor` */
  matmul(other: Tensor): Tensor {
    return one(call(MATMUL, this, other));
  }

  /** `aten::mm(Tensor self, Tensor mat2) -> Tensor` */
  mm(mat2: Tensor): Tensor {
    return one(call(MM, this, mat2));
  }

  /** `aten::bmm(Tensor self, Tensor mat2) -> Tensor` */
  bmm(mat2: Tensor): Tensor {
    return one(call(BMM, this, mat2));
  }

  /** `aten::addmm_(Tensor(a!) self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor(a!)` */
  addmm_(mat1: Tensor, mat2: Tensor, options: { beta?: number | undefined; alpha?: number | undefined } = {}): this {
    dropAlias(call(ADDMM_IN_PLACE, this, mat1, mat2, options.beta, options.alpha));
    return this;
  }

  /** `aten::outer(Tensor self, Tensor vec2) -> Tensor` */
  outer(vec2: Tensor): Tensor {
    return one(call(OUTER, this, vec2));
  }

  /** `aten::view(Tensor(a) self, SymInt[] size) -> Tensor(a)` */
  view(size: readonly number[]): Tensor {
    return one(call(VIEW, this, size));
  }

  /** `aten::view.dtype(Tensor(a) self, ScalarType dtype) -> Tensor(a)` */
  viewDtype(dtype: DType): Tensor {
    return one(call(VIEW_DTYPE, this, dtypeCode(dtype)));
  }

  /** `aten::reshape(Tensor(a) self, SymInt[] shape) -> Tensor(a)` */
  reshape(shape: readonly number[]): Tensor {
    return one(call(RESHAPE, this, shape));
  }

  /** `aten::expand(Tensor(a) self, SymInt[] size, *, bool implicit=False) -> Tensor(a)` */
  expand(size: readonly number[], options: { implicit?: boolean | undefined } = {}): Tensor {
    return one(call(EXPAND, this, size, options.implicit));
  }

  /** `aten::transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)` */
  transpose(dim0: number, dim1: number): Tensor {
    return one(call(TRANSPOSE, this, dim0, dim1));
  }

  /** `aten::permute(Tensor(a) self, int[] dims) -> Tensor(a)` */
  permute(dims: readonly number[]): Tensor {
    return one(call(PERMUTE, this, dims));
  }

  /** `aten::contiguous(Tensor(a) self, *, MemoryFormat memory_format=0) -> Tensor(a)` */
  contiguous(): Tensor {
    return one(call(CONTIGUOUS, this));
  }

  /** `aten::squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)` */
  squeeze(dim: number): Tensor {
    return one(call(SQUEEZE, this, dim));
  }

  /** `aten::unsqueeze(Tensor(a) self, int dim) -> Tensor(a)` */
  unsqueeze(dim: number): Tensor {
    return one(call(UNSQUEEZE, this, dim));
  }

  /** `aten::narrow(Tensor(a) self, int dim, SymInt start, SymInt length) -> Tensor(a)` */
  narrow(dim: number, start: number, length: number): Tensor {
    return one(call(NARROW, this, dim, start, length));
  }

  /** `aten::select.int(Tensor(a) self, int dim, SymInt index) -> Tensor(a)` */
  select(dim: number, index: number): Tensor {
    return one(call(SELECT, this, dim, index));
  }

  /** `aten::split_with_sizes(Tensor(a -> *) self, SymInt[] split_sizes, int dim=0) -> Tensor(a)[]` */
  splitSizes(splitSizes: readonly number[], options: { dim?: number | undefined } = {}): Tensor[] {
    return many(call(SPLIT_SIZES, this, splitSizes, options.dim));
  }

  /** `aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]` */
  chunk(chunks: number, options: { dim?: number | undefined } = {}): Tensor[] {
    return many(call(CHUNK, this, chunks, options.dim));
  }

  /** `aten::index_select(Tensor self, int dim, Tensor index) -> Tensor` */
  indexSelect(dim: number, index: Tensor): Tensor {
    return one(call(INDEX_SELECT, this, dim, index));
  }

  /** `aten::index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor` */
  indexAdd(dim: number, index: Tensor, source: Tensor, options: { alpha?: number | undefined } = {}): Tensor {
    return one(call(INDEX_ADD, this, dim, index, source, options.alpha));
  }

  /** `aten::index_add_(Tensor(a!) self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor(a!)` */
  indexAdd_(dim: number, index: Tensor, source: Tensor, options: { alpha?: number | undefined } = {}): this {
    dropAlias(call(INDEX_ADD_IN_PLACE, this, dim, index, source, options.alpha));
    return this;
  }

  /** `aten::index_copy_(Tensor(a!) self, int dim, Tensor index, Tensor source) -> Tensor(a!)` */
  indexCopy_(dim: number, index: Tensor, source: Tensor): this {
    dropAlias(call(INDEX_COPY_IN_PLACE, this, dim, index, source));
    return this;
  }

  /** `aten::index_put_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor(a!)` */
  indexPut_(indices: readonly (Tensor | undefined)[], values: Tensor, options: { accumulate?: boolean | undefined } = {}): this {
    dropAlias(call(INDEX_PUT_IN_PLACE, this, indices, values, options.accumulate));
    return this;
  }

  /** `aten::gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor` */
  gather(dim: number, index: Tensor, options: { sparseGrad?: boolean | undefined } = {}): Tensor {
    return one(call(GATHER, this, dim, index, options.sparseGrad));
  }

  /** `aten::scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor` */
  scatter(dim: number, index: Tensor, value: number): Tensor {
    return one(call(SCATTER, this, dim, index, value));
  }

  /** `aten::scatter_.value(Tensor(a!) self, int dim, Tensor index, Scalar value) -> Tensor(a!)` */
  scatter_(dim: number, index: Tensor, value: number): this {
    dropAlias(call(SCATTER_IN_PLACE, this, dim, index, value));
    return this;
  }

  /** `aten::repeat_interleave.self_int(Tensor self, SymInt repeats, int? dim=None, *, SymInt? output_size=None) -> Tensor` */
  repeatInterleave(repeats: number, options: { dim?: number | undefined; outputSize?: number | undefined } = {}): Tensor {
    return one(call(REPEAT_INTERLEAVE, this, repeats, options.dim, options.outputSize));
  }

  /** `aten::sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)` */
  sort(options: { dim?: number | undefined; descending?: boolean | undefined } = {}): { values: Tensor; indices: Tensor } {
    const results = asHandles(call(SORT, this, options.dim, options.descending));
    return { values: pick(results, 0), indices: pick(results, 1) };
  }

  /** `aten::topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices)` */
  topk(k: number, options: { dim?: number | undefined; largest?: boolean | undefined; sorted?: boolean | undefined } = {}): { values: Tensor; indices: Tensor } {
    const results = asHandles(call(TOPK, this, k, options.dim, options.largest, options.sorted));
    return { values: pick(results, 0), indices: pick(results, 1) };
  }

  /** `aten::multinomial(Tensor self, SymInt num_samples, bool replacement=False, *, Generator? generator=None) -> Tensor` */
  multinomial(numSamples: number, options: { replacement?: boolean | undefined; generator?: Generator | undefined } = {}): Tensor {
    return one(call(MULTINOMIAL, this, numSamples, options.replacement, options.generator));
  }

  /** `aten::tril(Tensor self, SymInt diagonal=0) -> Tensor` */
  tril(options: { diagonal?: number | undefined } = {}): Tensor {
    return one(call(TRIL, this, options.diagonal));
  }

  /** `aten::triu(Tensor self, SymInt diagonal=0) -> Tensor` */
  triu(options: { diagonal?: number | undefined } = {}): Tensor {
    return one(call(TRIU, this, options.diagonal));
  }

  /** `aten::detach(Tensor(a) self) -> Tensor(a)` */
  detach(): Tensor {
    return one(call(DETACH, this));
  }

  /** `aten::clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor` */
  clone(): Tensor {
    return one(call(CLONE, this));
  }

  /** `aten::copy_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!)` */
  copy_(src: Tensor, options: { nonBlocking?: boolean | undefined } = {}): this {
    dropAlias(call(COPY_IN_PLACE, this, src, options.nonBlocking));
    return this;
  }

  /** `aten::zero_(Tensor(a!) self) -> Tensor(a!)` */
  zero_(): this {
    dropAlias(call(ZERO_IN_PLACE, this));
    return this;
  }

  /** `aten::fill_.Scalar(Tensor(a!) self, Scalar value) -> Tensor(a!)` */
  fill_(value: number): this {
    dropAlias(call(FILL_IN_PLACE, this, value));
    return this;
  }

  /** `aten::normal_(Tensor(a!) self, float mean=0., float std=1., *, Generator? generator=None) -> Tensor(a!)` */
  normal_(options: { mean?: number | undefined; std?: number | undefined; generator?: Generator | undefined } = {}): this {
    dropAlias(call(NORMAL_IN_PLACE, this, options.mean, options.std, options.generator));
    return this;
  }

  /** `aten::uniform_(Tensor(a!) self, float from=0., float to=1., *, Generator? generator=None) -> Tensor(a!)` */
  uniform_(options: { from?: number | undefined; to?: number | undefined; generator?: Generator | undefined } = {}): this {
    dropAlias(call(UNIFORM_IN_PLACE, this, options.from, options.to, options.generator));
    return this;
  }

  /** `aten::bernoulli_.float(Tensor(a!) self, float p=0.5, *, Generator? generator=None) -> Tensor(a!)` */
  bernoulli_(options: { p?: number | undefined; generator?: Generator | undefined } = {}): this {
    dropAlias(call(BERNOULLI_IN_PLACE, this, options.p, options.generator));
    return this;
  }

  /** `aten::to.dtype(Tensor(a) self, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)` */
  toDtype(dtype: DType, options: { nonBlocking?: boolean | undefined } = {}): Tensor {
    return one(call(TO_DTYPE, this, dtypeCode(dtype), options.nonBlocking));
  }

  /** `aten::to.device(Tensor(a) self, Device device, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)` */
  toDevice(device: string, dtype: DType, options: { nonBlocking?: boolean | undefined } = {}): Tensor {
    return one(call(TO_DEVICE, this, device, dtypeCode(dtype), options.nonBlocking));
  }

  /** `aten::zeros_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  zerosLike(options: { dtype?: DType | undefined; device?: string | undefined } = {}): Tensor {
    return one(call(ZEROS_LIKE, this, optionalDtypeCode(options.dtype), undefined, options.device));
  }

  /** `aten::ones_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  onesLike(options: { dtype?: DType | undefined; device?: string | undefined } = {}): Tensor {
    return one(call(ONES_LIKE, this, optionalDtypeCode(options.dtype), undefined, options.device));
  }

  /** `aten::empty_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  emptyLike(options: { dtype?: DType | undefined; device?: string | undefined } = {}): Tensor {
    return one(call(EMPTY_LIKE, this, optionalDtypeCode(options.dtype), undefined, options.device));
  }
}

/** `aten::zeros(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function zeros(size: readonly number[], options: { dtype?: DType | undefined; device?: string | undefined } = {}): Tensor {
  return one(call(ZEROS, size, optionalDtypeCode(options.dtype), undefined, options.device));
}

/** `aten::ones(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function ones(size: readonly number[], options: { dtype?: DType | undefined; device?: string | undefined } = {}): Tensor {
  return one(call(ONES, size, optionalDtypeCode(options.dtype), undefined, options.device));
}

/** `aten::empty.memory_format(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
export function empty(size: readonly number[], options: { dtype?: DType | undefined; device?: string | undefined } = {}): Tensor {
  return one(call(EMPTY, size, optionalDtypeCode(options.dtype), undefined, options.device));
}

/** `aten::full(SymInt[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function full(size: readonly number[], fillValue: number, options: { dtype?: DType | undefined; device?: string | undefined } = {}): Tensor {
  return one(call(FULL, size, fillValue, optionalDtypeCode(options.dtype), undefined, options.device));
}

/** `aten::arange.start_step(Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function arange(start: number, end: number, options: { step?: number | undefined; dtype?: DType | undefined; device?: string | undefined } = {}): Tensor {
  return one(call(ARANGE, start, end, options.step, optionalDtypeCode(options.dtype), undefined, options.device));
}

/** `aten::where.self(Tensor condition, Tensor self, Tensor other) -> Tensor` */
export function where(condition: Tensor | number, self: Tensor | number, other: Tensor | number): Tensor {
  return one(call(WHERE, condition, self, other));
}

/** `aten::cat(Tensor[] tensors, int dim=0) -> Tensor` */
export function cat(tensors: readonly Tensor[], options: { dim?: number | undefined } = {}): Tensor {
  return one(call(CAT, tensors, options.dim));
}

/** `aten::stack(Tensor[] tensors, int dim=0) -> Tensor` */
export function stack(tensors: readonly Tensor[], options: { dim?: number | undefined } = {}): Tensor {
  return one(call(STACK, tensors, options.dim));
}

/** `aten::linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor` */
export function linear(input: Tensor, weight: Tensor, options: { bias?: Tensor | undefined } = {}): Tensor {
  return one(call(LINEAR, input, weight, options.bias));
}

/** `aten::embedding(Tensor weight, Tensor indices, SymInt padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False) -> Tensor` */
export function embedding(weight: Tensor, indices: Tensor, options: { paddingIdx?: number | undefined; scaleGradByFreq?: boolean | undefined; sparse?: boolean | undefined } = {}): Tensor {
  return one(call(EMBEDDING, weight, indices, options.paddingIdx, options.scaleGradByFreq, options.sparse));
}

/** `aten::layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1.0000000000000001e-05, bool cudnn_enable=True) -> Tensor` */
export function layerNorm(input: Tensor, normalizedShape: readonly number[], options: { weight?: Tensor | undefined; bias?: Tensor | undefined; eps?: number | undefined; cudnnEnable?: boolean | undefined } = {}): Tensor {
  return one(call(LAYER_NORM, input, normalizedShape, options.weight, options.bias, options.eps, options.cudnnEnable));
}

/** `aten::rms_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, float? eps=None) -> Tensor` */
export function rmsNorm(input: Tensor, normalizedShape: readonly number[], options: { weight?: Tensor | undefined; eps?: number | undefined } = {}): Tensor {
  return one(call(RMS_NORM, input, normalizedShape, options.weight, options.eps));
}

/** `aten::scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0., bool is_causal=False, *, float? scale=None, bool enable_gqa=False) -> Tensor` */
export function scaledDotProductAttention(query: Tensor, key: Tensor, value: Tensor, options: { attnMask?: Tensor | undefined; dropoutP?: number | undefined; isCausal?: boolean | undefined; scale?: number | undefined; enableGqa?: boolean | undefined } = {}): Tensor {
  return one(call(SCALED_DOT_PRODUCT_ATTENTION, query, key, value, options.attnMask, options.dropoutP, options.isCausal, options.scale, options.enableGqa));
}

/** `aten::_fused_adamw_(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] exp_avgs, Tensor(d!)[] exp_avg_sqs, Tensor(e!)[] max_exp_avg_sqs, Tensor[] state_steps, *, float lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> ()` */
export function fusedAdamw_(self: readonly Tensor[], grads: readonly Tensor[], expAvgs: readonly Tensor[], expAvgSqs: readonly Tensor[], maxExpAvgSqs: readonly Tensor[], stateSteps: readonly Tensor[], options: { lr: number; beta1: number; beta2: number; weightDecay: number; eps: number; amsgrad: boolean; maximize: boolean; gradScale?: Tensor | undefined; foundInf?: Tensor | undefined }): void {
  call(FUSED_ADAMW_IN_PLACE, self, grads, expAvgs, expAvgSqs, maxExpAvgSqs, stateSteps, options.lr, options.beta1, options.beta2, options.weightDecay, options.eps, options.amsgrad, options.maximize, options.gradScale, options.foundInf);
}

/** `aten::_foreach_add_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
export function foreachAdd_(self: readonly Tensor[], scalar: number): void {
  call(FOREACH_ADD_IN_PLACE, self, scalar);
}

/** `aten::_foreach_copy_(Tensor(a!)[] self, Tensor[] src, bool non_blocking=False) -> ()` */
export function foreachCopy_(self: readonly Tensor[], src: readonly Tensor[], options: { nonBlocking?: boolean | undefined } = {}): void {
  call(FOREACH_COPY_IN_PLACE, self, src, options.nonBlocking);
}

/** `orpo::token_log_probs(Tensor hidden, Tensor weight, Tensor? bias, Tensor targets, float softcap=0., int chunk=256, int kept_bytes=0) -> Tensor` */
export function fusedTokenLogProbs(hidden: Tensor, weight: Tensor, bias: Tensor | undefined, targets: Tensor, options: { softcap?: number | undefined; chunk?: number | undefined; keptBytes?: number | undefined } = {}): Tensor {
  return one(call(FUSED_TOKEN_LOG_PROBS, hidden, weight, bias, targets, options.softcap, options.chunk, options.keptBytes));
}

/** `orpo::rms_norm(Tensor input, Tensor weight, float epsilon, bool offset=False) -> Tensor` */
export function fusedRmsNorm(input: Tensor, weight: Tensor, epsilon: number, options: { offset?: boolean | undefined } = {}): Tensor {
  return one(call(FUSED_RMS_NORM, input, weight, epsilon, options.offset));
}

/** `orpo::rotary(Tensor input, Tensor cos, Tensor sin) -> Tensor` */
export function fusedRotary(input: Tensor, cos: Tensor, sin: Tensor): Tensor {
  return one(call(FUSED_ROTARY, input, cos, sin));
}

/** `orpo::gated_activation(Tensor gate, Tensor up, bool gelu=False) -> Tensor` */
export function fusedGatedActivation(gate: Tensor, up: Tensor, options: { gelu?: boolean | undefined } = {}): Tensor {
  return one(call(FUSED_GATED_ACTIVATION, gate, up, options.gelu));
}

/** `orpo::forest_attention(Tensor query, Tensor key, Tensor value, Tensor trees, float scale) -> Tensor` */
export function fusedForestAttention(query: Tensor, key: Tensor, value: Tensor, trees: Tensor, scale: number): Tensor {
  return one(call(FUSED_FOREST_ATTENTION, query, key, value, trees, scale));
}

/** `orpo::forest_attention_joined(Tensor query, Tensor key, Tensor value, Tensor segment_bounds, Tensor branch_rows, Tensor branch_bounds, Tensor trunk_rows, Tensor trunk_bounds, int longest_segment, int most_branch_tokens, int longest_trunk, float scale) -> Tensor` */
export function joinedForestAttention(query: Tensor, key: Tensor, value: Tensor, segmentBounds: Tensor, branchRows: Tensor, branchBounds: Tensor, trunkRows: Tensor, trunkBounds: Tensor, longestSegment: number, mostBranchTokens: number, longestTrunk: number, scale: number): Tensor {
  return one(call(JOINED_FOREST_ATTENTION, query, key, value, segmentBounds, branchRows, branchBounds, trunkRows, trunkBounds, longestSegment, mostBranchTokens, longestTrunk, scale));
}

/** `orpo::adamw_(Tensor(a!)[] values, Tensor?(b!)[] rests, Tensor[] gradients, Tensor(c!)[] first, Tensor(d!)[] second, Tensor(e!)[] counts, *, float lr, float beta1, float beta2, float weight_decay, float eps, float factor=1.) -> ()` */
export function adamw_(values: readonly Tensor[], rests: readonly (Tensor | undefined)[], gradients: readonly Tensor[], first: readonly Tensor[], second: readonly Tensor[], counts: readonly Tensor[], options: { lr: number; beta1: number; beta2: number; weightDecay: number; eps: number; factor?: number | undefined }): void {
  call(ADAMW_IN_PLACE, values, rests, gradients, first, second, counts, options.lr, options.beta1, options.beta2, options.weightDecay, options.eps, options.factor);
}

/** `orpo::split_master(Tensor master) -> (Tensor value, Tensor rest)` */
export function fusedSplitMaster(master: Tensor): { value: Tensor; rest: Tensor } {
  const results = asHandles(call(FUSED_SPLIT_MASTER, master));
  return { value: pick(results, 0), rest: pick(results, 1) };
}

/** `orpo::linears(Tensor input, Tensor?[] parts, float[] scales, float dropout, int seed, int[] streams) -> Tensor[]` */
export function fusedLinears(input: Tensor, parts: readonly (Tensor | undefined)[], scales: readonly number[], dropout: number, seed: number, streams: readonly number[]): Tensor[] {
  return many(call(FUSED_LINEARS, input, parts, scales, dropout, seed, streams));
}

/** `orpo::dropout_mask(int rows, int columns, float dropout, int seed, int stream) -> Tensor` */
export function dropoutMask(rows: number, columns: number, dropout: number, seed: number, stream: number): Tensor {
  return one(call(DROPOUT_MASK, rows, columns, dropout, seed, stream));
}

/** `orpo::dequantise(Tensor bytes, str kind, *, ScalarType dtype) -> Tensor` */
export function dequantise(bytes: Tensor, kind: string, options: { dtype: DType }): Tensor {
  return one(call(DEQUANTISE, bytes, kind, dtypeCode(options.dtype)));
}

/** `orpo::quantised_pack(Tensor bytes, str kind, int rows, int columns, int paired_heads=0) -> Tensor` */
export function quantisedPack(bytes: Tensor, kind: string, rows: number, columns: number, options: { pairedHeads?: number | undefined } = {}): Tensor {
  return one(call(QUANTISED_PACK, bytes, kind, rows, columns, options.pairedHeads));
}

/** `orpo::quantised_rows(Tensor packed, int rows, *, Tensor? ids=None, ScalarType dtype) -> Tensor` */
export function quantisedRows(packed: Tensor, rows: number, options: { ids?: Tensor | undefined; dtype: DType }): Tensor {
  return one(call(QUANTISED_ROWS, packed, rows, options.ids, dtypeCode(options.dtype)));
}

/** `orpo::quantised_linear(Tensor input, Tensor[] packed, int[] rows, *, str instructions="") -> Tensor[]` */
export function quantisedLinear(input: Tensor, packed: readonly Tensor[], rows: readonly number[], options: { instructions?: string | undefined } = {}): Tensor[] {
  return many(call(QUANTISED_LINEAR, input, packed, rows, options.instructions));
}

/** `orpo::cached_attention(Tensor query, Tensor key, Tensor value, Tensor(a!) keys, Tensor(b!) values, Tensor slots, Tensor lengths, float scale, *, int window=0, float softcap=0.) -> Tensor` */
export function cachedAttention(query: Tensor, key: Tensor, value: Tensor, keys: Tensor, values: Tensor, slots: Tensor, lengths: Tensor, scale: number, options: { window?: number | undefined; softcap?: number | undefined } = {}): Tensor {
  return one(call(CACHED_ATTENTION, query, key, value, keys, values, slots, lengths, scale, options.window, options.softcap));
}
