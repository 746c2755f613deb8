#!/usr/bin/env bash
# Sees to it that the browser tests find a Chromium: one that is there, else Debian's package
# where it may be installed, else Playwright's own. Says what it did; the tests skip without one.
set -u
bin="${1:-.venv/bin}"

for name in chromium chromium-browser google-chrome google-chrome-stable; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
compgen -G "${PLAYWRIGHT_BROWSERS_PATH:-$HOME/.cache/ms-playwright}/chromium*" >/dev/null && exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ]; then
  echo "Installing Debian's chromium for the browser tests ..." >&2
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } \
    >/dev/null 2>&1 && exit 0
fi
echo "Installing Playwright's own Chromium for the browser tests ..." >&2
"$bin/python" -m playwright install chromium >/dev/null 2>&1 && exit 0
echo "No Chromium could be installed; install one by hand to run the browser tests." >&2
exit 1
