"""Times greedy decoding of one row with llama.cpp; arguments and last line as bench/ours/decode.mjs.

Needs llama-cpp-py-sync, a wheel that holds llama.cpp's own CPU libraries.
"""

import argparse
import importlib.metadata
import json
import os
import resource
import time

from llama_cpp_py_sync import Llama
from quiet import watch_others


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help=".gguf file")
    parser.add_argument("--rows", required=True)
    parser.add_argument("--count", type=int, default=1, choices=[1])
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, default=int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count()))
    arguments = parser.parse_args()
    with open(arguments.rows, encoding="utf-8") as lines:
        prompt = json.loads(next(lines))["prompt_ids"]
    llama = Llama(arguments.model, n_ctx=len(prompt) + arguments.tokens + 8, n_threads=arguments.threads, n_gpu_layers=0)
    greedy = llama._lib.llama_sampler_chain_init(llama._lib.llama_sampler_chain_default_params())
    llama._lib.llama_sampler_chain_add(greedy, llama._lib.llama_sampler_init_greedy())
    llama._lib.llama_sampler_free(llama._sampler)
    llama._sampler = greedy

    def decode(tokens):
        llama._clear_context_state()
        place = llama._eval_tokens(prompt, 0)
        out = []
        for _ in range(tokens):
            out.append(int(llama._sample_token()))
            if len(out) < tokens:
                place = llama._eval_tokens(out[-1:], place)
        return out

    decode(4)
    others = watch_others()
    begun = time.perf_counter()
    out = decode(arguments.tokens)
    seconds = time.perf_counter() - begun
    print(
        json.dumps(
            {
                "type": "result",
                "tokens_a_second": arguments.tokens / seconds,
                "seconds": seconds,
                "ids": [out],
                "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "other_cpu_share": others(),
                "versions": {"llama-cpp-py-sync": importlib.metadata.version("llama-cpp-py-sync")},
                "build": str(Llama.print_system_info()),
            }
        )
    )


if __name__ == "__main__":
    main()
