#!/bin/sh
# Compiles the kernels for GPUs into target/muninn.fatbin, with nvcc 12.4 or later; only what is older than its sources
# is compiled again. Without nvcc it says so and succeeds: then there are no kernels for GPUs.
#
# Every kernel file is a module of its own, and muninn.fatbin their fatbins one after another, each stating its length in
# its header: Context.module loads them all under one name. So no file's functions can clash with another's, the code
# is what nvcc makes of a whole program (relocatable code reaches shared memory through more instructions), and a
# change of one file compiles that file.
#
# target/muninn-report.txt holds what each kernel takes on each architecture. Local memory (spilled registers or a stack
# frame) in a kernel of linear*, attention*, norms* or sampling* fails the build, unless its file says why that is well:
#
#   // spills: linear_bf16_n8 sm_80 sm_86: why
#
# A file that only some architectures have says which, and has no PTX:
#
#   // archs: 90a 100
#
# `build.sh timeline` makes target/muninn-timeline.fatbin instead, kernels whose blocks say when they began and ended
# (timeline.cuh): for `muninn bench --timeline`. Name the architecture at hand in MUNINN_CUDA_ARCHS: one is enough.
#
# `build.sh nvcc` only prints the nvcc that is used, and fails where there is none.
#
# NVCC names an nvcc (NVCC=no: none), MUNINN_CUDA_ARCHS the architectures ("80 90a"; "here": of the GPUs in this machine,
# as nvidia-smi says), MUNINN_BUILD_JOBS how many compilers run at a time (as many as there are processors).
set -eu
cd "$(dirname "$0")"

say() { printf 'kernels for GPUs: %s\n' "$*"; }
fail() { say "$@" >&2; exit 1; }

verb=${1-}
flags="-std=c++17 -O3 -fmad=false -lineinfo -I. -Xptxas -v"
work=target name=muninn
case "$verb ${2-}" in
  timeline* | "compile target/timeline") work=target/timeline name=muninn-timeline flags="$flags -DMUNINN_TIMELINE" ;;
esac

# compile FOLDER SOURCE CODE: one file for one architecture; 255 makes xargs start no more of them.
if [ "$verb" = compile ]; then
  shift 2
  object=$work/obj/${1%.cu}.$2
  arch=compute_${2#*_}
  case $2 in
    sm_*) kind=-cubin ;;
    *) kind=-ptx ;;
  esac
  # shellcheck disable=SC2086
  "$NVCC" $flags $kind -gencode "arch=$arch,code=$2" -o "$object.new" "$1" >"$object.log" 2>&1 || {
    cat "$object.log" >&2
    exit 255
  }
  mv "$object.new" "$object"
  exit 0
fi

case ${MUNINN_BUILD_JOBS:-1} in
  *[!0-9]* | 0*) fail "MUNINN_BUILD_JOBS is '$MUNINN_BUILD_JOBS', wanted a whole number from 1 up" ;;
esac

fatbin=target/$name.fatbin
report=target/$name-report.txt

# Without a compiler (why: $1): what an earlier build left stays only if it is of these sources.
without_nvcc() {
  [ "$verb" != nvcc ] || fail "$1"
  if [ -e $fatbin ] && [ -z "$(find . \( -path ./target -o -path ./test \) -prune -o -newer $fatbin \( -name '*.cu' -o -name '*.cuh' \) -print)" ]; then
    say "$1; those built before are of these sources and stay"
  else
    rm -f $fatbin $report
    say "$1; none are built, and models run on the CPU"
  fi
  exit 0
}

if [ -z "${NVCC:-}" ]; then
  NVCC=$(command -v nvcc) || NVCC=${CUDA_HOME:-/usr/local/cuda}/bin/nvcc
fi
[ "$NVCC" != no ] && command -v "$NVCC" >/dev/null || without_nvcc "no nvcc found"
export NVCC
version=$("$NVCC" --version | sed -n 's/.*release \([0-9]*\)\.\([0-9]*\),.*/\1 \2/p')
# shellcheck disable=SC2086
set -- $version
[ $# -eq 2 ] || fail "$NVCC --version names no release"
if [ "$1" -lt 12 ] || { [ "$1" -eq 12 ] && [ "$2" -lt 4 ]; }; then
  without_nvcc "nvcc $1.$2 is too old, 12.4 is needed"
fi
version=$1.$2
if [ "$verb" = nvcc ]; then
  echo "$NVCC"
  exit 0
fi

sources=$(ls ./*.cu 2>/dev/null | sed 's|^\./||')
[ -n "$sources" ] || without_nvcc "there are none yet"

# Compute capability 9.0 has two: what runs on its successors too, and what does not.
here() {
  nvidia-smi --query-gpu=compute_cap --format=csv,noheader | sort -u | while IFS=. read -r major minor; do
    case $major$minor in 90) echo 90 90a ;; *) echo "$major$minor" ;; esac
  done
}
if [ "${MUNINN_CUDA_ARCHS-}" = here ]; then
  MUNINN_CUDA_ARCHS=$(here)
  [ -n "$MUNINN_CUDA_ARCHS" ] || fail "nvidia-smi names no GPU here: name architectures in MUNINN_CUDA_ARCHS"
fi

# What we build for, as far as this nvcc knows it, and the newest one's PTX for GPUs to come.
known=" $("$NVCC" --list-gpu-code | tr '\n' ' ') "
codes=
for arch in ${MUNINN_CUDA_ARCHS:-80 86 89 90 90a 100 120}; do
  case ${arch%a} in
    *[!0-9]*) fail "MUNINN_CUDA_ARCHS names '$arch', wanted architectures such as 80 90a, or here" ;;
  esac
  case $known in
    *" sm_${arch%a} "*) codes="$codes sm_$arch" newest=${arch%a} ;;
  esac
done
[ -n "$codes" ] || fail "nvcc $version knows none of the architectures ${MUNINN_CUDA_ARCHS-}"
codes="${codes# } compute_$newest"

# codes_of SOURCE: what a file is compiled for.
codes_of() {
  only=$(sed -n 's|^// archs: *||p' "$1")
  if [ -z "$only" ]; then
    echo "$codes"
    return
  fi
  for code in $codes; do
    for arch in $only; do
      [ "$code" != "sm_$arch" ] || printf '%s ' "$code"
    done
  done
}

# One build at a time: the lock is a link that names its holder, and outlives it only by a crash.
mkdir -p $work/obj
until ln -s "$$" target/lock 2>/dev/null; do
  holder=$(readlink target/lock) || continue
  if kill -0 "$holder" 2>/dev/null; then sleep 0.2; else rm -f target/lock; fi
done
trap 'rm -f target/lock' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A changed header, script or compiler compiles everything again.
settings="$NVCC $version $flags"
if [ "$(cat $work/settings 2>/dev/null)" != "$settings" ] ||
  [ -n "$(find . \( -path ./target -o -path ./test \) -prune -o -newer $work/settings \( -name '*.cuh' -o -name build.sh \) -print)" ]; then
  echo "$settings" >$work/settings
  sleep 0.02
fi

started=$(date +%s)
: >$work/jobs
for source in $sources; do
  for code in $(codes_of "$source"); do
    object=$work/obj/${source%.cu}.$code
    if [ "$object" -nt "$source" ] && [ "$object" -nt $work/settings ]; then continue; fi
    echo "$source $code" >>$work/jobs
  done
done
[ ! -s $work/jobs ] || xargs -n 2 -P "${MUNINN_BUILD_JOBS:-$(getconf _NPROCESSORS_ONLN)}" sh ./build.sh compile $work <$work/jobs ||
  fail "not compiled; nvcc's messages are above"
serialized=$(grep -h 'wgmma.*serialized' $work/obj/*.log | sort -u) || :
if [ -n "$serialized" ]; then
  rm -f $fatbin
  printf '%s\n' "$serialized" >&2
  fail "products of warpgroups that wait for each other"
fi
# What it warned of, once and not for every architecture.
while read -r source code; do
  grep -i 'warning[ :]' "$work/obj/${source%.cu}.$code.log" || :
done <$work/jobs | sort -u >&2

# The report, from what ptxas said of each kernel.
{
  echo "# nvcc $version $flags"
  printf '%-24s %-36s %-8s %9s %8s %6s %6s\n' '# file' kernel arch registers shared stack spills
  for source in $sources; do
    for code in $(codes_of "$source"); do
      case $code in compute_*) continue ;; esac
      awk -v file="$source" -v code="$code" '
        function put() {
          if (kernel) printf "%-24s %-36s %-8s %9d %8d %6d %6d\n", file, kernel, code, registers, shared, stack, spills
          kernel = ""; registers = shared = stack = spills = 0
        }
        function before(word) { match($0, "[0-9]+ (bytes )?" word); return RSTART ? substr($0, RSTART) + 0 : 0 }
        /Compiling entry function/ { put(); split($0, quoted, "\047"); kernel = quoted[2] }
        /bytes stack frame/ { stack += before("stack frame"); spills += before("spill stores") + before("spill loads") }
        /Used [0-9]+ registers/ { registers = before("registers"); shared = before("smem") }
        END { put() }' "$work/obj/${source%.cu}.$code.log"
    done
  done | sort -k1,2 -s
} >$report.new
# Times change only with contents, so that nothing behind this is done again for nothing.
replace() { if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi; }
replace $report

twice=$(awk '!/^#/ { if ($2 in file && file[$2] != $1) print "  " $2 ": " file[$2] ", " $1; file[$2] = $1 }' $report | sort -u)
if [ -n "$twice" ]; then
  rm -f $fatbin
  printf '%s\n' "$twice" >&2
  fail "kernels are found by name, and these names stand in two files"
fi

# Kernels with clocks are not held to what follows: those take registers.
checked=$report
[ $name = muninn ] || checked=/dev/null

# Local memory where it costs time.
unjustified=$(awk '
  /^#/ { next }
  $1 ~ /^(linear|attention|norms|sampling)/ && $6 + $7 > 0 {
    why = 0
    while ((getline line < $1) > 0) {
      if (match(line, "// spills: " $2 " [^:]*: *[^ ]")) {
        if (index(substr(line, RSTART, RLENGTH) " ", " " $3 " ") || index(line, " " $3 ":")) why = 1
      }
    }
    close($1)
    if (!why) printf "  %s: %s on %s: %d bytes of stack, %d bytes of spills\n", $1, $2, $3, $6, $7
  }' $checked)
if [ -n "$unjustified" ]; then
  rm -f $fatbin
  printf '%s\n' "$unjustified" >&2
  fail "local memory in kernels that every token waits for. Free registers, or say in the file why it is well:" \
    "// spills: KERNEL ARCHITECTURE…: why"
fi

# On sm_90 a norm begins while two blocks of a product still run, and so does the next product: their registers, which
# are given out to warps by 256, are to fit a multiprocessor's 65,536 together. 448 threads have Huginn's row.
crowded=$(awk '
  function taken(threads, registers) { return threads / 32 * int((registers * 32 + 255) / 256) * 256 }
  $3 !~ /^sm_90/ { next }
  $2 ~ /^linear_(add|adapter|store)_[0-9]*_bf16$/ && $4 > product[$3] { product[$3] = $4; whose[$3] = $2 }
  $2 ~ /^norm_(float|operand|norm).*_bf16$/ { norm[$2 " " $3] = $4 }
  END {
    for (key in norm) {
      split(key, name, " ")
      code = name[2]
      if (code in product && 2 * taken(256, product[code]) + taken(448, norm[key]) > 65536)
        printf "  %s on %s: %d registers beside two blocks of %s with %d\n", name[1], code, norm[key], whose[code], product[code]
    }
  }' $checked)
if [ -n "$crowded" ]; then
  rm -f $fatbin
  printf '%s\n' "$crowded" >&2
  fail "norms that cannot begin before a product has ended"
fi

# A fatbin a file.
if command -v fatbinary >/dev/null; then
  fatbinary=fatbinary
else
  fatbinary=$("$NVCC" --dryrun -cubin -o /dev/null build.cu 2>&1 | sed -n 's/^#\$ _HERE_=//p')/fatbinary
fi
: >$fatbin.new
for source in $sources; do
  stem=$work/obj/${source%.cu}
  images=
  for code in $(codes_of "$source"); do
    case $code in
      sm_*) images="$images --image3=kind=elf,sm=${code#sm_},file=$stem.$code" ;;
      *) images="$images --image3=kind=ptx,sm=${code#compute_},file=$stem.$code" ;;
    esac
  done
  [ -n "$images" ] || continue
  # shellcheck disable=SC2086
  "$fatbinary" --64 --compress-all --create="$stem.fatbin" $images
  cat "$stem.fatbin" >>$fatbin.new
done
replace $fatbin
# shellcheck disable=SC2086
say "$(awk '!/^#/ && !seen[$2]++ { n++ } END { print n + 0 }' $report) kernels in $(echo $sources | wc -w) files for $codes:" \
  "$(wc -l <$work/jobs) compiled in $(($(date +%s) - started)) s, $name.fatbin is $(($(wc -c <$fatbin) / 1024)) KiB"
