#!/bin/sh
# On a machine with a GPU, g++ and torch 2.11 or newer in its python3, but no network and no Node: unpacks
# .gpu/pack.tar.xz (gpu/pack.sh makes it) beside the sources, compiles the addon, runs the reference numbers on the GPU in
# fp32 and bf16, compares updates there with those on the CPU and decoded tokens with the reference's, and times training
# steps in turns with TRL, where the python3 has it, once both have come to the same loss. Within LIMIT seconds, 570 unless
# told; results go to the folder OUT, or .gpu/results. DEVICE=cpu BATCH=1 STEPS=1 tries the script itself without a GPU.
set -eu
cd "$(dirname "$0")/.."
begun=$(date +%s)
out=${OUT:-$PWD/.gpu/results}
device=${DEVICE:-cuda}
batch=${BATCH:-8}
steps=${STEPS:-10}
limit=${LIMIT:-570}
mkdir -p "$out" .gpu/work
if [ ! -x .gpu/work/bin/node ]; then
  [ -f .gpu/pack.tar.xz ] || { echo "copy .gpu/pack.tar.xz here, which bench/gpu/pack.sh makes" >&2; exit 1; }
  # python3 unpacks where xz is missing
  python3 -c 'import tarfile; tarfile.open(".gpu/pack.tar.xz").extractall(".gpu/work")'
fi
# copies, since links would be resolved and the package looked for beside their ends
for folder in dist node_modules; do [ -e "$folder" ] || cp -r ".gpu/work/$folder" "$folder"; done
export PATH="$PWD/.gpu/work/bin:$PATH" ORPO_CACHE="$PWD/.gpu/cache"
ORPO_TORCH=${ORPO_TORCH:-$(python3 -c 'import os, torch; print(os.path.dirname(torch.__file__))')}
export ORPO_TORCH

# within COMMAND…: runs it in what is left of the limit
within() {
  left=$((limit - $(date +%s) + begun))
  [ "$left" -gt 0 ] || { echo "no time is left for: $*" >&2; return 124; }
  timeout -k 10 "$left" "$@"
}
status=0
# record FILE COMMAND…: shows and keeps what a command prints, and remembers that one failed
record() {
  file=$out/$1
  shift
  outcome=0
  within "$@" > "$file" 2> "$file.err" || outcome=$?
  cat "$file"
  [ "$outcome" = 0 ] || { status=1; tail -n 5 "$file.err" >&2; }
  return "$outcome"
}

within node dist/cli/main.js setup
within node dist/cli/main.js doctor | tee "$out/doctor.txt"
for precision in fp32 bf16; do
  record "golden-$precision.jsonl" node bench/gpu/golden.mjs --device "$device" --precision "$precision" || true
  record "same-$precision.jsonl" node bench/gpu/same.mjs --device "$device" --precision "$precision" || true
done
model=.gpu/work/model
within node bench/gpu/steps.mjs --folder "$model" --make-only
within python3 -c 'import trl, peft' 2> /dev/null && peer=yes || peer=no
[ $peer = yes ] || echo "TRL is not in this python3: only our steps are timed"
for lora in 0 16; do
  ours="node bench/gpu/steps.mjs --device $device --folder $model --lora $lora --batch $batch"
  trl="python3 bench/peers/trl_train.py --device $device --model $model --rows $model/rows.jsonl --lora $lora --batch $batch"
  beside=$peer
  if [ $peer = yes ]; then
    record "gate-ours-lora$lora.jsonl" $ours --steps 1 --warmup 0 --precision fp32 &&
      record "gate-trl-lora$lora.jsonl" $trl --steps 1 --warmup 0 --dtype fp32 &&
      record "gate-lora$lora.jsonl" node bench/gpu/gate.mjs "$out/gate-ours-lora$lora.jsonl" "$out/gate-trl-lora$lora.jsonl" ||
      { beside=no; echo "the sides do not compute the same: TRL is not timed" >&2; }
  fi
  for turn in 1 2 3; do
    record "steps-lora$lora-$turn.jsonl" $ours --steps "$steps" || true
    [ $beside = no ] || record "trl-lora$lora-$turn.jsonl" $trl --steps "$steps" --dtype bf16 || true
  done
done
echo "$(($(date +%s) - begun)) seconds; results in $out"
exit $status
