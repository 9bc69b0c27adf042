/**
 * Kernels of products that oneDNN and its wrapper in libtorch keep by shape, each. By themselves they keep 1,024, up to 0.7 MB
 * each. A shape comes again in every layer but hardly in another step, whose rows are as many as its texts are long: forty
 * steps on real pairs take 2.09 GB with 1,024 and 1.33 with 64, each step as long (SmolLM2-135M, LoRA-16, bfloat16).
 */
const KERNELS = 64;

/** Has libtorch keep few kernels of products, unless the environment says how many. Before libtorch loads. */
export function keepFewKernels(env: NodeJS.ProcessEnv = process.env): void {
  env.ONEDNN_PRIMITIVE_CACHE_CAPACITY ??= String(KERNELS);
  env.LRU_CACHE_CAPACITY ??= String(KERNELS);
}
