#!/bin/sh
# On a machine with a GPU, g++ and torch 2.11 or newer in its python3, but no network and no Node: unpacks
# .gpu/pack.tar.xz (see pack.sh) beside the sources, compiles the addon, compares models on the GPU with those on the CPU in
# fp32 and bf16, and times training steps, beside TRL where the python3 has it. About five minutes; results go to the
# folder OUT, or .gpu/results. DEVICE=cpu tries the script itself where there is no GPU.
set -eu
cd "$(dirname "$0")/../.."
out=${OUT:-$PWD/.gpu/results}
device=${DEVICE:-cuda}
batch=${BATCH:-8}
steps=${STEPS:-10}
mkdir -p "$out" .gpu/work
if [ ! -x .gpu/work/bin/node ]; then
  [ -f .gpu/pack.tar.xz ] || { echo "carry .gpu/pack.tar.xz, which bench/gpu/pack.sh makes" >&2; exit 1; }
  # python3 unpacks where xz is missing
  python3 -c 'import tarfile; tarfile.open(".gpu/pack.tar.xz").extractall(".gpu/work")'
fi
# copies, since links would be resolved and the package looked for beside their ends
for folder in dist node_modules; do [ -e "$folder" ] || cp -r ".gpu/work/$folder" "$folder"; done
export PATH="$PWD/.gpu/work/bin:$PATH" ORPO_CACHE="$PWD/.gpu/cache"
ORPO_TORCH=${ORPO_TORCH:-$(python3 -c 'import os, torch; print(os.path.dirname(torch.__file__))')}
export ORPO_TORCH
node dist/cli/main.js setup
node dist/cli/main.js doctor | tee "$out/doctor.txt"

status=0
# record FILE COMMAND…: shows and keeps what a command prints, and remembers that one failed
record() {
  file=$out/$1
  shift
  "$@" > "$file" 2> "$file.err" || { status=1; tail -n 5 "$file.err" >&2; }
  cat "$file"
}
for precision in fp32 bf16; do
  record "same-$precision.jsonl" node bench/gpu/same.mjs --device "$device" --precision "$precision"
done
model=.gpu/work/model
node bench/gpu/steps.mjs --folder "$model" --make-only
for lora in 0 16; do
  record "steps-lora$lora.jsonl" node bench/gpu/steps.mjs --device "$device" --folder "$model" --lora "$lora" \
    --batch "$batch" --steps "$steps"
  if python3 -c 'import trl, peft' 2> /dev/null; then
    record "trl-lora$lora.jsonl" python3 bench/peers/trl_train.py --device "$device" --model "$model" \
      --rows "$model/rows.jsonl" --batch "$batch" --steps "$steps" --dtype bf16 --lora "$lora"
  else
    echo "TRL is not in this python3: only our steps are timed"
  fi
done
exit $status
