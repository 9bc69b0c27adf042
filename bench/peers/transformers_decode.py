"""Times greedy decoding with transformers; arguments and last line as bench/ours/decode.mjs.

Needs the packages of test/fixtures/requirements.txt. Prompts of unlike lengths are padded on the left, as its users do.
"""

import argparse
import json
import os
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from memory import peak_resident_bytes
from quiet import watch_others
from transformers import AutoModelForCausalLM


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--rows", required=True)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--dtype", choices=["fp32", "bf16"], default="fp32")
    arguments = parser.parse_args()
    dtype = torch.bfloat16 if arguments.dtype == "bf16" else torch.float32
    model = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=dtype, attn_implementation="sdpa").eval()
    with open(arguments.rows, encoding="utf-8") as lines:
        prompts = [json.loads(next(lines))["prompt_ids"] for _ in range(arguments.count)]
    longest = max(map(len, prompts))
    ids = torch.tensor([[0] * (longest - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])

    def decode(tokens):
        with torch.inference_mode():
            return model.generate(
                ids,
                attention_mask=mask,
                do_sample=False,
                max_new_tokens=tokens,
                min_new_tokens=tokens,
                eos_token_id=None,
                pad_token_id=0,
            )[:, longest:]

    decode(4)
    others = watch_others()
    begun = time.perf_counter()
    out = decode(arguments.tokens)
    seconds = time.perf_counter() - begun
    print(
        json.dumps(
            {
                "type": "result",
                "tokens_a_second": out.numel() / seconds,
                "seconds": seconds,
                "ids": out.tolist(),
                "peak_rss_bytes": peak_resident_bytes(),
                "other_cpu_share": others(),
                "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
            }
        )
    )


if __name__ == "__main__":
    main()
