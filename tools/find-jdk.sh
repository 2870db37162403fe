# Finds the JDK that this project needs, 25.0.3 or a later 25. To be sourced by a POSIX shell script
# that has a function fail, which prints its arguments and ends the script. MUNINN_JAVA_HOME names a
# JDK to use instead of the first one found.

# Sets version to what the JDK in folder $1 says it is; empty when there is none.
read_version() {
  version=
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
  while IFS='=' read -r key value; do
    if [ "$key" = JAVA_VERSION ]; then version=${value#\"} && version=${version%\"*}; fi
  done <"$1/release"
}

suits() {
  read_version "$1"
  case $version in
    25.0.[12] | 25.0.[12].* | 25 | 25-*) early=$1 && return 1 ;;
    25.*) return 0 ;;
    *) return 1 ;;
  esac
}

# Sets jdk to the first folder that suits, and version to what it holds.
find_jdk() {
  early=
  if [ -n "${MUNINN_JAVA_HOME:-}" ]; then
    suits "$MUNINN_JAVA_HOME" && jdk=$MUNINN_JAVA_HOME && return
    [ -n "$early" ] || fail "MUNINN_JAVA_HOME=$MUNINN_JAVA_HOME holds ${version:-no JDK}, wanted is" \
      "JDK 25.0.3 or a later 25: name such a folder, or unset it"
  else
    for jdk in \
      "${JAVA_HOME:-}" "$(java_on_path)" \
      /usr/lib/jvm/* /usr/java/* /usr/local/java/* /opt/* /opt/java/* \
      "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/* \
      "${HOME:-}"/.local/share/mise/installs/java/* \
      /Library/Java/JavaVirtualMachines/*/Contents/Home \
      "${HOME:-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
      /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
      suits "$jdk" && return
    done
  fi
  [ -z "$early" ] || fail "the JDK in $early is one of 25.0.0 to 25.0.2, which may move memory" \
    "that native code holds (JDK-8377811): install JDK 25.0.3 or a later 25"
  fail "no JDK 25 found: install one (25.0.3 or later, for instance Temurin) where systems keep" \
    "them, or set MUNINN_JAVA_HOME to its folder"
}

# The home of the java on PATH, if it is a JDK's.
java_on_path() {
  java=$(command -v java) || return 0
  java=$(readlink -f "$java" 2>/dev/null) || return 0
  dirname "$(dirname "$java")"
}
