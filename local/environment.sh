#!/usr/bin/env bash
# Makes the named Python environments match their requirement files, and does nothing when they already do.
#
#   local/environment.sh dev emulator runtime sam
#
# Each environment remembers the hash of the requirement file it was filled from. The emulator and the SAM
# CLI pin packages that would clash with ours, so each has an environment of its own; `runtime` holds what
# AWS's Python image holds and nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder_of() {
  case "$1" in
    dev) echo .venv ;;
    emulator) echo .local/emu ;;
    runtime) echo .local/rt ;;
    sam) echo .local/sam ;;
    *)
      echo "There is no environment called '$1'; name dev, emulator, runtime or sam." >&2
      return 2
      ;;
  esac
}

# A pyenv shim may be on PATH and still not run, so each candidate has to prove its version.
find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.13 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python3.13; do
    if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  echo "Python 3.13 is missing: install it (for example 'pyenv install 3.13') or name it with PYTHON=/path/to/python3.13." >&2
  return 1
}

fill() {
  local name=$1 folder=$2 requirements=requirements/$1.txt stamp=$2/.requirements.sha256 wanted started=$SECONDS python
  wanted=$(sha256sum <"$requirements")
  [ -x "$folder/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
  python=$(find_python)
  echo "Python environment $folder: filling it from $requirements" >&2
  "$folder/bin/python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null ||
    "$python" -m venv --clear "$folder"
  "$folder/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --no-input \
    --timeout 60 --require-hashes --requirement "$requirements" >&2
  echo "$wanted" >"$stamp"
  echo "Python environment $folder: ready after $((SECONDS - started)) s" >&2
}

mkdir -p .local
running=()
for name in "$@"; do
  folder=$(folder_of "$name")
  # Two runs at once must not fill the same folder.
  (
    flock 9
    fill "$name" "$folder"
  ) 9>".local/$name.lock" &
  running+=($!)
done
for process in "${running[@]}"; do
  wait "$process"
done
