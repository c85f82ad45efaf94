#!/bin/sh
# Generates the pages from their .templ files. Components are kept out of line: each is called in many places, and copies of
# them would make the program 7 % larger and no faster.
set -eu
cd "$(dirname "$0")/.."
go run github.com/a-h/templ/cmd/templ@v0.3.977 generate
for f in $(git ls-files --cached --others --exclude-standard -- '*_templ.go'); do
	[ -f "$f" ] || continue
	awk '/^func .*\) templ\.Component \{$/ && last != "//go:noinline" { print "//go:noinline" } { print; last = $0 }' "$f" >"$f.new"
	if cmp -s "$f" "$f.new"; then rm "$f.new"; else mv "$f.new" "$f"; fi
done
