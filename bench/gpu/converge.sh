#!/usr/bin/env bash
# Train the row `ml-1m-loo-converged` until validation stops improving; see README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."

data=${1:?"usage: bench/gpu/converge.sh DATA (a folder that holds ml-1m)"}
device=${DEVICE:-cuda}
python=${PYTHON:-python3}

if [ ! -x .venv/bin/python ]; then
  "$python" -m venv .venv
  .venv/bin/python -m pip --quiet install -c constraints.txt -e '.[demo,learn,deep]'
fi
if [ ! -x bench/peers/.venv/bin/python ]; then
  "$python" -m venv bench/peers/.venv
  bench/peers/.venv/bin/python -m pip --quiet install -r bench/peers/requirements.txt
fi

# shellcheck disable=SC2086 # MODELS is a list of words.
exec .venv/bin/python bench/peers/run.py --row ml-1m-loo-converged --device "$device" \
  --data "$data" ${MODELS:+--model $MODELS} ${MINUTES:+--minutes "$MINUTES"}
