#!/bin/sh
# Builds the emulated device and the kernels for it into native/target, with g++ alone. `build.sh test` also builds
# and runs its tests. Only what is older than its sources is compiled again.
set -eu
cd "$(dirname "$0")"
: "${CXX:=g++}"
jobs=${MUNINN_BUILD_JOBS:-2}
mkdir -p target/obj

# -U_FORTIFY_SOURCE: fortified longjmp refuses to jump between stacks.
common="-std=c++20 -O2 -g1 -fPIC -Wall -Wextra -Werror -U_FORTIFY_SOURCE -Iinclude"

# Compiles each argument to target/obj with the flags in $flags, a few at a time.
compile() {
  flags=$1
  shift
  running=0
  pids=
  for source in "$@"; do
    object=target/obj/$(echo "$source" | tr '/' '_').o
    [ "$object" -nt "$source" ] && [ "$object" -nt target/headers ] && continue
    # shellcheck disable=SC2086
    $CXX $common $flags -c "$source" -o "$object" &
    pids="$pids $!"
    running=$((running + 1))
    if [ "$running" -ge "$jobs" ]; then
      for pid in $pids; do wait "$pid"; done
      running=0
      pids=
    fi
  done
  for pid in $pids; do wait "$pid"; done
}

objects() {
  for source in "$@"; do echo "target/obj/$(echo "$source" | tr '/' '_').o"; done
}

# A change of any header compiles everything again: there are few files.
newest=$(find include src ../kernels-cu build.sh \( -name '*.h' -o -name '*.cuh' -o -name build.sh \) -newer target/headers 2>/dev/null | head -1 || true)
if [ ! -e target/headers ] || [ -n "$newest" ]; then touch target/headers; sleep 0.01; fi

compile "-fvisibility=hidden" src/*.cpp
# shellcheck disable=SC2046
$CXX -shared -Wl,-soname,libmuninn-emulated.so -Wl,-z,defs -Wl,-z,now -o target/libmuninn-emulated.so $(objects src/*.cpp) -ldl -lpthread

# Under the driver's own name, for programs that open that one.
mkdir -p target/driver
ln -sf ../libmuninn-emulated.so target/driver/libcuda.so.1

# Kernels: every access is a call of ours (src/access.cpp), alignment is checked where a pointer is used.
checked="-Wno-sign-compare -x c++ -include simt.h -I../kernels-cu -fno-gnu-unique -ffp-contract=off -march=native
  -fsanitize=kernel-address,alignment -fsanitize-recover=all --param asan-instrumentation-with-call-threshold=0
  --param asan-stack=0 --param asan-globals=0"

# module NAME SOURCE...: a module's image.
module() {
  name=$1
  shift
  compile "$checked" "$@"
  # shellcheck disable=SC2046
  $CXX -shared -Wl,-z,defs -Wl,-z,now -o "target/$name" $(objects "$@") -Ltarget -lmuninn-emulated
}

module selftest.so test/kernels/*.cu
