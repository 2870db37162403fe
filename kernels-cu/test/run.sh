#!/bin/sh
# What ../build.sh promises, tried on planted kernels in a folder of its own: local memory in a hot kernel fails the
# build until its file justifies it, changes are noticed, and without nvcc nothing fails. Needs nvcc.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp build.sh ./*.cuh "$folder"
export MUNINN_CUDA_ARCHS="80 90a"

fail() {
  echo "kernels-cu/test: $*" >&2
  cat "$folder/said" >&2
  exit 1
}
build() { "$folder/build.sh" >"$folder/said" 2>&1; }
says() { grep -q -- "$1" "$folder/said" || fail "does not say: $1"; }
# plant FILE NAMES: the planted file under another name, the names of its kernels beginning with NAMES.
plant() { sed "s/spilling_/$2_/" test/spilling.cu >"$folder/$1"; }
fatbin=$folder/target/muninn.fatbin

build || fail "no kernels failed the build"
says "there are none yet"

plant tokens.cu embed
build || fail "local memory where it costs little failed the build"
says "3 kernels in 1 files for sm_80 sm_90a compute_90: 3 compiled"
[ -s "$fatbin" ] || fail "no fatbin"
grep -q '^tokens.cu  *embed_registers  *sm_80  *32  *0 .* [1-9][0-9]*$' "$folder/target/muninn-report.txt" ||
  fail "the report lacks the spills"
one=$(wc -c <"$fatbin")

# The GPUs that are here, as nvidia-smi would name them.
mkdir "$folder/bin"
printf '#!/bin/sh\nprintf "9.0\\n8.6\\n9.0\\n"\n' >"$folder/bin/nvidia-smi"
chmod +x "$folder/bin/nvidia-smi"
PATH=$folder/bin:$PATH MUNINN_CUDA_ARCHS=here build || fail "does not build for the GPUs here"
says "for sm_86 sm_90 sm_90a compute_90"
printf '#!/bin/sh\n' >"$folder/bin/nvidia-smi"
! PATH=$folder/bin:$PATH MUNINN_CUDA_ARCHS=here build || fail "builds for GPUs that are not here"
says "nvidia-smi names no GPU here"

! MUNINN_CUDA_ARCHS="80 sm_90" build || fail "builds for an architecture that is none"
says "MUNINN_CUDA_ARCHS names 'sm_90'"
! MUNINN_BUILD_JOBS=many build || fail "takes a word for a number of jobs"
says "MUNINN_BUILD_JOBS is 'many'"

plant linear_planted.cu linear
! build || fail "a spill in a linear kernel passed"
says "linear_planted.cu: linear_registers on sm_80: .* bytes of spills"
says "linear_planted.cu: linear_array on sm_90a: 256 bytes of stack"
! grep -q linear_none "$folder/said" || fail "names a kernel that keeps to its registers"
[ ! -e "$fatbin" ] || fail "left a fatbin behind"
! build || fail "the second build forgot the spill"

cat >>"$folder/linear_planted.cu" <<'END'
// spills: linear_registers sm_80 sm_90a: planted
// spills: linear_array sm_90a: planted
END
! build || fail "the justification of one architecture served another"
says "linear_array on sm_80"
! grep -q 'linear_array on sm_90a\|linear_registers' "$folder/said" || fail "does not see the justifications"

echo "// spills: linear_array sm_80: planted" >>"$folder/linear_planted.cu"
build || fail "justified spills failed the build"
says "6 kernels in 2 files"
[ "$(wc -c <"$fatbin")" -gt "$one" ] || fail "the second file's kernels are not in the fatbin"

# A norm whose registers do not fit a multiprocessor beside two blocks of a product.
cp test/hungry.cu "$folder/linear_hungry.cu"
sed 's/linear_add_8_bf16/norm_norm_bf16/' "$folder/linear_hungry.cu" >"$folder/hungry_norms.cu"
! build || fail "a norm that cannot begin beside two blocks of a product passed"
says "norm_norm_bf16 on sm_90a: .* registers beside two blocks of linear_add_8_bf16"
rm "$folder/hungry_norms.cu"
build || fail "a product alone is crowded"
rm "$folder/linear_hungry.cu"

plant twice.cu linear
! build || fail "one name in two files passed"
says "linear_none: linear_planted.cu, twice.cu"
rm "$folder/twice.cu"
build || fail "a removed file is still built"

{ echo "// archs: 90a 100"; cat "$folder/linear_planted.cu"; } | sed 's/linear_/attention_/' >"$folder/attention_planted.cu"
build || fail "a file of one architecture failed the build"
says "9 kernels in 3 files for sm_80 sm_90a compute_90: 1 compiled"
! grep -q '^attention_planted.cu .* sm_80 ' "$folder/target/muninn-report.txt" || fail "compiles for what a file is not for"
rm "$folder/attention_planted.cu"
build || fail "a removed file is still built"

touch "$folder/before"
build && says " 0 compiled" || fail "compiles again what is there"
[ ! "$fatbin" -nt "$folder/before" ] || fail "a build of nothing changed the fatbin"

"$folder/build.sh" timeline >"$folder/said" 2>&1 || fail "kernels with clocks failed the build"
says "6 kernels in 2 files .* 6 compiled .* muninn-timeline.fatbin"
[ -s "$folder/target/muninn-timeline.fatbin" ] || fail "no fatbin of kernels with clocks"
[ ! "$fatbin" -nt "$folder/before" ] || fail "a build of kernels with clocks changed the others"
build && says " 0 compiled" || fail "compiles again after kernels with clocks"

sleep 0.02
touch "$folder/tokens.cu"
build && says " 3 compiled" || fail "a change of one file is one file's work"
sleep 0.02
touch "$folder/device.cuh"
build && says " 6 compiled" || fail "a changed header goes unseen"

echo "broken" >>"$folder/tokens.cu"
! build || fail "an error in a kernel passed"
says "tokens.cu.*error"

[ "$("$folder/build.sh" nvcc)" = "$(command -v nvcc || echo "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc")" ] || fail "other nvcc"
! NVCC=no "$folder/build.sh" nvcc 2>/dev/null || fail "finds an nvcc that is not there"
NVCC=no build || fail "no nvcc failed the build"
says "none are built, and models run on the CPU"
[ ! -e "$fatbin" ] || fail "kernels of older sources stayed"

printf '#!/bin/sh\necho "Cuda compilation tools, release 12.3, V12.3.107"\n' >"$folder/nvcc"
chmod +x "$folder/nvcc"
NVCC=$folder/nvcc build || fail "an old nvcc failed the build"
says "12.3 is too old, 12.4 is needed"
echo "kernels-cu/test: all well"
