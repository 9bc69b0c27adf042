"""Times greedy decoding of one row with llama.cpp; arguments and last line as bench/ours/decode.mjs.

Needs llama-cpp-python, built for this CPU; or llama-cpp-py-sync, a wheel that holds llama.cpp's own libraries.
"""

import argparse
import importlib.metadata
import json
import os
import time

from memory import peak_resident_bytes
from quiet import watch_others


class LlamaCppPython:
    package = "llama-cpp-python"

    def __init__(self, model, context, threads):
        from llama_cpp import Llama

        self.llama = Llama(model, n_ctx=context, n_threads=threads, n_threads_batch=threads, verbose=False)

    def reset(self):
        self.llama.reset()

    def read(self, ids):
        self.llama.eval(ids)

    def choose(self):
        return int(self.llama.sample(temp=0.0))


class LlamaCppPySync:
    package = "llama-cpp-py-sync"

    def __init__(self, model, context, threads):
        from llama_cpp_py_sync import Llama

        self.llama = Llama(model, n_ctx=context, n_threads=threads, n_gpu_layers=0)
        library = self.llama._lib
        greedy = library.llama_sampler_chain_init(library.llama_sampler_chain_default_params())
        library.llama_sampler_chain_add(greedy, library.llama_sampler_init_greedy())
        library.llama_sampler_free(self.llama._sampler)
        self.llama._sampler = greedy
        self.place = 0

    def reset(self):
        self.llama._clear_context_state()
        self.place = 0

    def read(self, ids):
        self.place = self.llama._eval_tokens(ids, self.place)

    def choose(self):
        return self.llama._sample_token()


def open_llama(*arguments):
    try:
        return LlamaCppPython(*arguments)
    except ImportError:
        return LlamaCppPySync(*arguments)


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
    llama = open_llama(arguments.model, len(prompt) + arguments.tokens + 8, arguments.threads)

    def decode(tokens):
        llama.reset()
        llama.read(prompt)
        out = []
        for _ in range(tokens):
            out.append(llama.choose())
            if len(out) < tokens:
                llama.read(out[-1:])
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
                "peak_rss_bytes": peak_resident_bytes(),
                "other_cpu_share": others(),
                "versions": {llama.package: importlib.metadata.version(llama.package)},
            }
        )
    )


if __name__ == "__main__":
    main()
