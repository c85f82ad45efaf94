#!/bin/sh
# Refreshes the browser files in internal/console/static/vendor from npm. Needs Node; nothing else does.
set -e
cd "$(dirname "$0")"
npm ci --no-audit --no-fund
node vendor.mjs
