# Builds in a clone what ./muninn runs. To be sourced by it, which has set home (the clone) and app
# (what it runs), and has functions say and fail. What is built lies in .muninn/, the log with it.
state=$home/.muninn

# What the choice of a JDK depends on.
searched="${MUNINN_JAVA_HOME:-} ${JAVA_HOME:-} $PATH"

# True when the last build is that of these sources and JDK, with kernels for the GPUs that are here.
# Sets jdk.
built() {
  { IFS= read -r jdk && IFS= read -r found; } 2>/dev/null <"$app/built" || return 1
  [ "$found" = "$searched" ] && [ -x "$jdk/bin/javac" ] && [ ! "$jdk/release" -nt "$app/built" ] || return 1
  set -- "$home/muninn" "$home/tools/build-muninn.sh" "$home/pom.xml" "$home"/java/*/pom.xml "$home"/java/*/src/main
  # A copy without it works too, by Java's loops.
  [ ! -d "$home/native/cpu" ] || set -- "$@" "$home/native/cpu"
  if wants_kernels; then
    [ -f "$app/lib/kernels.jar" ] || return 1
    set -- "$@" "$home/kernels-cu"
  fi
  [ -z "$(find "$@" -path "$home/kernels-cu/target" -prune -o -newer "$app/built" \
    \( -type f -o ! -path "$home/kernels-cu" \) -print -quit)" ]
}

# True where there is a GPU, and a compiler for it.
wants_kernels() {
  [ "${NVCC:-}" != no ] || return 1
  [ -e /dev/nvidiactl ] || [ -e /dev/dxg ] || return 1
  command -v "${NVCC:-nvcc}" >/dev/null || [ -x "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc" ]
}

# One build at a time: the lock is a link that names its holder, and outlives it only by a crash.
lock=$state/lock
build_muninn() {
  . "$home/tools/find-jdk.sh"
  find_jdk
  command -v mvn >/dev/null || fail "mvn not found: Maven 3.6.3 or later is needed for the first start"
  case $home in
    *:*) fail "$home has a colon in its name, and javac takes it for the end of a name: move the clone" ;;
  esac
  mkdir -p "$state" 2>/dev/null || fail "cannot write to $home, where the first start builds"
  tries=0
  while ! ln -s "$$" "$lock" 2>/dev/null; do
    if holder=$(readlink "$lock"); then
      if kill -0 "$holder" 2>/dev/null; then sleep 0.2; else rm -f "$lock"; fi
    else
      tries=$((tries + 1))
      [ "$tries" -lt 20 ] || fail "cannot write to $state, where the first start builds"
    fi
  done
  trap 'rm -f "$lock"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  built || build
  rm -f "$lock"
  trap - EXIT INT TERM
}

# Builds into a folder of its own and puts it in place whole, so a muninn that runs keeps its files.
build() {
  find_jdk
  : >"$state/build.log"
  rm -rf "$state/new" "$state/old"
  mkdir -p "$state/new"
  # Made before Maven reads the sources: what changes meanwhile counts as newer.
  printf '%s\n%s\n' "$jdk" "$searched" >"$state/new/built"
  native_code &
  compiling=$!
  phase "building: libraries and Java (half a minute the first time)" program
  wait "$compiling" || say "what is compiled for the CPU was not built ($state/native.log): loading takes longer"
  if wants_kernels; then
    phase "building: kernels for the GPU here (half a minute on 8 cores)" kernels
  fi
  [ ! -d "$app" ] || mv "$app" "$state/old"
  mv "$state/new" "$app"
  rm -rf "$state/old"
}

# phase WORDS FUNCTION: says what is being done, and how long it took.
phase() {
  printf 'muninn: %s …' "$1" >&2
  began=$(date +%s)
  "$2" >>"$state/build.log" 2>&1 </dev/null || {
    printf ' failed\n' >&2
    sed -n '/^\[ERROR\]/p; /^kernels for GPUs/p; /Help 1/q' "$state/build.log" | head -n 20 >&2
    fail "the build failed; all that was said is in $state/build.log"
  }
  printf ' %d s\n' $(($(date +%s) - began)) >&2
}

# What the CPU device has compiled, beside Maven, which takes much longer. All works without it.
native_code() {
  "$home/native/build.sh" cpu >"$state/native.log" 2>&1 </dev/null
}

# Too short for the optimizing compiler to pay.
program() {
  # Maven adds libraries to this folder, and leaves those there that nobody needs any more.
  rm -rf "$state/target/muninn-cli/lib"
  JAVA_HOME=$jdk MAVEN_OPTS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC ${MAVEN_OPTS:-}" \
    mvn -B -f "$home/pom.xml" -pl java/cli -am package -Dmuninn.quick -Dmuninn.out="$state/target" \
    -Dmuninn.commit="$(git -C "$home" rev-parse HEAD 2>/dev/null || :)" || return 1
  mv "$state/target"/muninn-cli/muninn-cli-*.jar "$state/new/muninn.jar"
  cp -R "$state/target/muninn-cli/lib" "$state/new/lib"
}

# Only for the GPUs here; the jar is the last one that muninn.jar names.
kernels() {
  MUNINN_CUDA_ARCHS=here "$home/kernels-cu/build.sh" || return 1
  rm -rf "$state/kernels"
  mkdir -p "$state/kernels/muninn/kernels/cuda"
  cp "$home/kernels-cu/target/muninn.fatbin" "$home/kernels-cu/target/muninn-report.txt" \
    "$state/kernels/muninn/kernels/cuda"
  "$jdk/bin/jar" --create --file "$state/new/lib/kernels.jar" --no-manifest -C "$state/kernels" .
}
