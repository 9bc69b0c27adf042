#!/bin/sh
# Packs what a machine without network and Node needs to run bench/gpu.sh: the Node binary, the compiled sources and
# the packages they use at run time, into .gpu/pack.tar.xz. Run it after `npm run build`.
set -eu
cd "$(dirname "$0")/../.."
[ -f dist/index.js ] || { echo "dist/ is missing: run \`npm run build\` first" >&2; exit 1; }
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/bin" "$stage/node_modules" .gpu
cp "$(node -p process.execPath)" "$stage/bin/node"
strip "$stage/bin/node" 2>/dev/null || true
cp -r dist "$stage/dist"
npm ls --omit=dev --all --parseable 2>/dev/null | sed -n 's|.*/node_modules/||p' | sort -u | while read -r name; do
  mkdir -p "$stage/node_modules/$(dirname "$name")"
  cp -r "node_modules/$name" "$stage/node_modules/$(dirname "$name")/"
done
find "$stage/node_modules" -name '*.map' -delete
tar -C "$stage" -cf - bin dist node_modules | xz -T0 -6 > .gpu/pack.tar.xz
size=$(wc -c < .gpu/pack.tar.xz)
echo ".gpu/pack.tar.xz: $((size / 1048576)) MiB"
