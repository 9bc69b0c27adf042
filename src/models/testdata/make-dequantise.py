"""Writes dequantise.json: random blocks of each GGUF format and their float32 values, by the Python package `gguf`.

Run with `gguf` and `numpy` installed: python3 make-dequantise.py > dequantise.json
"""

import base64
import json
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import quants

BLOCKS = 3
# where the half-precision scales lie in a block; the other bytes are random
SCALES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}  # fmt: skip


def base64_text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def main():
    random = np.random.default_rng(20240312)
    cases = {}
    for name in ["F32", "F16", "BF16", *SCALES]:
        kind = Type[name]
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        if name in SCALES:
            blocks = random.integers(0, 256, (BLOCKS, size), dtype=np.uint8)
            for at in SCALES[name]:
                scales = random.normal(0, 0.02, BLOCKS).astype(np.float16)
                blocks[:, at : at + 2] = scales.view(np.uint8).reshape(BLOCKS, 2)
            data = blocks.reshape(-1)
        else:
            values = random.normal(0, 1, 40).astype(np.float32)
            values[:6] = [0.0, -0.0, np.inf, -np.inf, 6e-8, -65504.0]
            data = np.ascontiguousarray(quants.quantize(values, kind)).view(np.uint8)
        expected = quants.dequantize(data.reshape(1, -1) if name in SCALES else data, kind)
        cases[name] = {"bytes": base64_text(data), "values": base64_text(expected.astype(np.float32))}
    json.dump(cases, sys.stdout, indent=1)
    print()


main()
