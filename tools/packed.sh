# For muninn and gpu-check in a folder that tools/pack made, which lies beside them there. To be sourced by a POSIX
# shell script that has a function fail, and has set home to the folder.

# Sets app to what the folder holds, unpacked at the first start.
unpack() {
  app=$home/unpacked
  [ ! -d "$app" ] || return 0
  if command -v xz >/dev/null; then
    set -- xz -dc
  elif command -v python3 >/dev/null; then
    set -- python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)'
  else
    fail "neither xz nor python3 is here to unpack payload.tar.xz with: install one"
  fi
  new=$home/unpacking.$$
  mkdir "$new" 2>/dev/null || fail "cannot write to $home, where the first start unpacks: copy the folder elsewhere"
  trap 'rm -rf "$new"' EXIT
  "$@" "$home/payload.tar.xz" | tar -xf - -C "$new" ||
    fail "$home/payload.tar.xz is damaged, or the disk is full: 200 MB are needed"
  # Somebody who was faster is as good.
  mv -T "$new" "$app" 2>/dev/null || [ -d "$app" ] || fail "cannot write to $home"
  rm -rf "$new"
  trap - EXIT
}
