"""Times TRL's ORPOTrainer or DPOTrainer on rows that are tokenised already, so that another trainer can take the same ones.

    python bench/peers/trl_train.py --model FOLDER --rows pairs.jsonl --batch 4 --steps 20 [--method dpo]

Each row is {"prompt_ids": [...], "chosen_ids": [...], "rejected_ids": [...]}; the prompt's ids hold the begin token,
the responses' ids the end token. Rows are taken in order, from the start again when they run out. Settings are the
ones that serve TRL best on a CPU: no gradient checkpointing, sdpa attention, fused AdamW, no dropout, no logging.
The caller chooses the allocator with LD_PRELOAD. Stdout is JSON lines: a "step" for each step, at the end a "result".

Needs the packages of test/fixtures/requirements.txt. Put them into a virtual environment.
"""

import argparse
import contextlib
import json
import os
import statistics
import sys
import time

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"

import datasets
import peft
import torch
import transformers
import trl
from memory import peak_resident_bytes
from quiet import watch_others
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import DPOConfig, DPOTrainer
from trl.experimental.orpo import ORPOConfig, ORPOTrainer


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="Hugging Face folder, tokenizer included")
    parser.add_argument("--rows", required=True, help="jsonl file of tokenised pairs")
    parser.add_argument("--method", choices=["orpo", "dpo"], default="orpo")
    parser.add_argument("--batch", type=int, default=4, help="pairs a step")
    parser.add_argument("--steps", type=int, default=20, help="measured steps, after the warm-up")
    parser.add_argument("--warmup", type=int, default=3, help="steps that are run first and not measured")
    parser.add_argument("--dtype", choices=["fp32", "bf16", "amp"], default="fp32", help="amp: autocast to bf16")
    parser.add_argument("--lora", type=int, default=0, help="rank, on all linear layers but the head; 0: full training")
    parser.add_argument("--lora-alpha", type=float, help="default: twice the rank")
    parser.add_argument("--lr", type=float, default=5e-6)
    parser.add_argument("--lambda", dest="weight", type=float, default=0.1, help="weight of the odds-ratio term")
    parser.add_argument("--clip", type=float, default=1.0, help="gradient norm limit; 0 for none")
    parser.add_argument("--threads", type=int, default=int(os.environ.get("OMP_NUM_THREADS", "0")))
    parser.add_argument("--save", help="folder to save what was trained into")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    return parser.parse_args()


def read_rows(path, count, method):
    """The columns that TRL's own tokenisation would have made, for `count` rows taken in a circle."""
    with open(path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]

    def columns(row):
        prompt = row["prompt_ids"]
        if method == "dpo":
            return {key: row[key] for key in ("prompt_ids", "chosen_ids", "rejected_ids")}
        out = {"prompt_input_ids": prompt, "prompt_attention_mask": [1] * len(prompt)}
        for side in ("chosen", "rejected"):
            response = row[f"{side}_ids"]
            out[f"{side}_input_ids"] = prompt + response
            out[f"{side}_attention_mask"] = [1] * (len(prompt) + len(response))
            out[f"{side}_labels"] = [-100] * len(prompt) + response
        return out

    return [columns(rows[i % len(rows)]) for i in range(count)]


class PretokenisedTrainer(ORPOTrainer):
    """ORPOTrainer with its tokenisation left out; keeps each step's loss and its count of real tokens."""

    tokenize_row = staticmethod(lambda row: row)

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        result = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        self.last_loss = (result[0] if return_outputs else result).detach()
        self.last_tokens = sum(inputs[f"{side}_attention_mask"].sum() for side in ("chosen", "rejected"))
        return result


class PretokenisedDPOTrainer(DPOTrainer):
    """DPOTrainer likewise."""

    def _prepare_dataset(self, dataset, *args, **kwargs):
        return dataset

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        result = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        self.last_loss = (result[0] if return_outputs else result).detach()
        self.last_tokens = inputs["attention_mask"].sum()
        return result


class StepClock(TrainerCallback):
    """Wall time from the end of one step to the end of the next, so that collating counts too."""

    def __init__(self, warmup, write):
        self.warmup, self.write = warmup, write
        self.seconds, self.losses = [], []
        self.trainer = None
        self.others = None

    def on_train_begin(self, args, state, control, **kwargs):
        self.last = time.perf_counter()
        self.others = watch_others()

    def on_step_end(self, args, state, control, **kwargs):
        loss, tokens = self.trainer.last_loss.item(), int(self.trainer.last_tokens)
        now = time.perf_counter()
        seconds = now - self.last
        self.losses.append(loss)
        warm = state.global_step <= self.warmup
        if not warm:
            self.seconds.append(seconds)
        line = {"type": "step", "step": state.global_step, "seconds": seconds, "loss": loss, "tokens": tokens}
        self.write({**line, "warmup": warm})
        if state.global_step == self.warmup:
            self.others = watch_others()
        self.last = time.perf_counter()


def make_trainer(arguments, clock):
    if arguments.threads > 0:
        torch.set_num_threads(arguments.threads)
    transformers.set_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    dtype = torch.bfloat16 if arguments.dtype == "bf16" else torch.float32
    model = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=dtype, attn_implementation="sdpa")
    total = arguments.warmup + arguments.steps
    dpo = arguments.method == "dpo"
    special = {"beta": 0.1, "max_length": None} if dpo else {"beta": arguments.weight}
    config = (DPOConfig if dpo else ORPOConfig)(
        output_dir=os.path.join(os.environ.get("TMPDIR", "/tmp"), "trl-orpo-bench"),
        use_cpu=arguments.device == "cpu",
        bf16=arguments.dtype == "amp",
        gradient_checkpointing=False,
        **special,
        learning_rate=arguments.lr,
        lr_scheduler_type="constant",
        weight_decay=0.0,
        max_grad_norm=arguments.clip,
        optim="adamw_torch_fused",
        per_device_train_batch_size=arguments.batch,
        max_steps=total,
        train_sampling_strategy="sequential",
        logging_strategy="no",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
    )
    lora = None
    if arguments.lora > 0:
        lora = peft.LoraConfig(
            r=arguments.lora,
            lora_alpha=arguments.lora_alpha or 2 * arguments.lora,
            lora_dropout=0.0,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
    trainer = (PretokenisedDPOTrainer if dpo else PretokenisedTrainer)(
        model=model,
        args=config,
        train_dataset=datasets.Dataset.from_list(read_rows(arguments.rows, total * arguments.batch, arguments.method)),
        processing_class=tokenizer,
        peft_config=lora,
        callbacks=[clock],
    )
    clock.trainer = trainer
    return trainer


def main():
    arguments = parse_arguments()
    out = sys.stdout

    def write(line):
        print(json.dumps(line), file=out, flush=True)

    clock = StepClock(arguments.warmup, write)
    # libraries print to stdout as they like; it is kept for the JSON lines
    with contextlib.redirect_stdout(sys.stderr):
        trainer = make_trainer(arguments, clock)
        trainer.train()
        others = clock.others()
        peak = peak_resident_bytes()
        if arguments.save:
            trainer.save_model(arguments.save)
    parameters = [p.numel() for p in trainer.model.parameters() if p.requires_grad]
    write(
        {
            "type": "result",
            "median_seconds": statistics.median(clock.seconds) if clock.seconds else None,
            "steps_seconds": clock.seconds,
            "pairs_a_step": arguments.batch,
            "peak_rss_bytes": peak,
            "loss_first": clock.losses[0],
            "loss_last": clock.losses[-1],
            "trained_parameters": sum(parameters),
            "dtype": arguments.dtype,
            "lora": arguments.lora,
            "threads": torch.get_num_threads(),
            "other_cpu_share": others,
            "allocator": os.environ.get("LD_PRELOAD", ""),
            "versions": {module.__name__: module.__version__ for module in (torch, transformers, trl, peft)},
        }
    )


if __name__ == "__main__":
    main()
