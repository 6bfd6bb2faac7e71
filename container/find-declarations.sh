#!/bin/bash
# Runs in a container without network: what the headers of its kernel have of what is asked for.
# In /find, one a line: `patterns` (for grep -E: headers that match are reported whole), `files` (headers by their paths),
# `symbols`, `variables`. stdout: a tar archive with release, paths, symbols, variables, and the headers below headers/.
set -eu
export LC_ALL=C
exec 3>&1 1>&2
found=/dev/shm/found
mkdir -p "$found/headers"
release=$(head -n 1 /etc/mft-patch-release)
echo "$release" > "$found/release"
build=/lib/modules/$release/build
# Debian keeps what all flavours of a kernel share in a directory of its own, to which `source` leads.
tops=$(readlink -f "$build" "/lib/modules/$release/source" | sort -u)

for top in $tops; do
	[ -d "$top/include" ] || continue
	cd "$top"
	# What is configured for a kernel is no declaration, and other architectures have headers of their own.
	find include arch/*/include -path include/config -prune -o -name '*.h' -print 2> /dev/null >> "$found/paths" || true
	{
		[ ! -s /find/patterns ] || grep -rlE --include='*.h' --exclude-dir=config -f /find/patterns include arch/*/include || true
		while read -r file; do [ -f "$file" ] && echo "$file"; done < /find/files
	} 2> /dev/null | sort -u | head -n 400 | tar -cf - -T - | tar -x -C "$found/headers"
done
awk 'NR == FNR { wanted[$1] = 1; next } $2 in wanted { print $2 "\t" $4 "\t" $5 }' /find/symbols "$build/Module.symvers" > "$found/symbols" 2> /dev/null || true
[ -f "$build/Module.symvers" ] && touch "$found/has-symbols"
while read -r variable; do
	for top in $tops; do
		grep -rqsw -- "$variable" "$top"/scripts/Makefile* && echo "$variable" && break
	done
done < /find/variables > "$found/variables" || true
tar -C "$found" -cf - . >&3
