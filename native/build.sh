#!/bin/sh
# Builds the emulated device and the kernels for it into native/target, with g++ alone. `build.sh test` also builds
# and runs its tests; `build.sh module NAME.so SOURCE...` also builds other kernels (paths from this folder on);
# `build.sh cpu` builds only what the CPU device has compiled, in some seconds. Only what is older than its sources is
# compiled again.
set -eu
cd "$(dirname "$0")"
: "${CXX:=g++}"
jobs=${MUNINN_BUILD_JOBS:-2}
case $jobs in
  *[!0-9]* | 0*)
    echo "native/build.sh: MUNINN_BUILD_JOBS is '$jobs', wanted a whole number from 1 up" >&2
    exit 1
    ;;
esac
mkdir -p target/obj target/driver

common="-std=c++20 -O2 -g1 -ffp-contract=off -Wall -Wextra -Werror -Iinclude"

variant=

# Compiles each source to target/obj with the given flags, a few at a time.
compile() {
  flags=$1
  shift
  pids=
  for source in "$@"; do
    object=$(objects "$source")
    if [ "$object" -nt "$source" ] && [ "$object" -nt target/headers ]; then continue; fi
    # shellcheck disable=SC2086
    $CXX $common $flags -c "$source" -o "$object" &
    pids="$pids $!"
    if [ "$(echo "$pids" | wc -w)" -ge "$jobs" ]; then
      for pid in $pids; do wait "$pid"; done
      pids=
    fi
  done
  for pid in $pids; do wait "$pid"; done
}

objects() {
  for source in "$@"; do echo "target/obj/$variant$(echo "$source" | tr '/' '_').o"; done
}

# A change of any header compiles everything again: there are few files.
newer=yes
if [ -e target/headers ]; then
  newer=$(find include src test cpu ../kernels-cu build.sh -newer target/headers \( -name '*.h' -o -name '*.cuh' -o -name build.sh \))
fi
if [ -n "$newer" ]; then
  touch target/headers
  sleep 0.02
fi

# The CPU device's own: nothing of the emulated device is in it. A product and a sum that stand together are fused there.
# (g++ 12 takes its own intrinsics for uninitialized.)
compile "-fPIC -fvisibility=hidden -ffp-contract=fast -Wno-psabi -Wno-maybe-uninitialized" cpu/*.cpp
# shellcheck disable=SC2046
$CXX -shared -Wl,-z,defs -Wl,-z,now -o target/libmuninn-cpu.so.new $(objects cpu/*.cpp)
mv target/libmuninn-cpu.so.new target/libmuninn-cpu.so
[ "${1-}" != cpu ] || exit 0

# -U_FORTIFY_SOURCE: a fortified longjmp refuses to jump between stacks.
compile "-fPIC -fvisibility=hidden -U_FORTIFY_SOURCE" src/*.cpp
# shellcheck disable=SC2046
$CXX -shared -Wl,-soname,libmuninn-emulated.so -Wl,-z,defs -Wl,-z,now -Wl,-z,nodelete -o target/libmuninn-emulated.so.new \
  $(objects src/*.cpp) -ldl -lpthread
mv target/libmuninn-emulated.so.new target/libmuninn-emulated.so
# Under the driver's own name, for programs that open that one.
ln -sf ../libmuninn-emulated.so target/driver/libcuda.so.1

# Kernels: every access is a call of ours (src/access.cpp), alignment is checked where a pointer is used.
kernels="-x c++ -fPIC -I../kernels-cu -Wno-sign-compare -Wno-unknown-pragmas -fno-gnu-unique -fno-strict-aliasing -march=native
  -fsanitize=kernel-address,alignment -fsanitize-recover=all --param asan-instrumentation-with-call-threshold=0
  --param asan-stack=0 --param asan-globals=0"

# module NAME SOURCE...: the image of a module, for cuModuleLoadData.
module() {
  name=$1
  shift
  [ -e "$1" ] || return 0
  compile "$kernels" "$@"
  # shellcheck disable=SC2046
  $CXX -shared -Wl,-z,defs -Wl,-z,now -o "target/$name.new" $(objects "$@") -Ltarget -lmuninn-emulated
  mv "target/$name.new" "target/$name"
}

module kernels.so ../kernels-cu/*.cu
module selftest.so test/kernels/*.cu

# Ours once more, where each block says when it began and ended.
plain=$kernels kernels="$kernels -DMUNINN_TIMELINE" variant=timeline_
module kernels-timeline.so ../kernels-cu/*.cu
kernels=$plain variant=

if [ "${1-}" = module ]; then
  shift
  module "$@"
  exit 0
fi

[ "${1-}" = test ] || exit 0

compile "" test/*.cpp
for source in test/*.cpp; do
  name=$(basename "$source" .cpp)
  $CXX -o "target/test-$name" "$(objects "$source")" -Ltarget -lmuninn-emulated "-Wl,-rpath,\$ORIGIN"
done
failed=
for source in test/*.cpp; do
  name=$(basename "$source" .cpp)
  "target/test-$name" target/selftest.so || failed="$failed $name"
done
if [ -n "$failed" ]; then
  echo "failed:$failed" >&2
  exit 1
fi
