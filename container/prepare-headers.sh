#!/bin/bash
# Runs as root in a container without network: makes of headers that were copied to their places what dkms takes for installed ones.
# $1: the release; $2: the tree; $3: the kernel's compiler, as gcc-13, where gcc is another. The last line on stdout is
# symbols=yes|no; exit 65 means that the headers are unfit, and the last line on stderr says why.
set -eu
release=$1 tree=$2 gcc=$3
exec 3>&1 1>&2
unfit() { echo "$1"; exit 65; }

cd "$tree"
[ -x scripts/mod/modpost ] || unfit "is not prepared: scripts/mod/modpost is missing"
# They were built on the machine that the headers are from.
for program in scripts/basic/fixdep scripts/mod/modpost tools/objtool/objtool; do
	[ -x "$program" ] || continue
	lack=$(ldd "$program" 2>&1 | sed -n '/not found/{s/^[[:space:]]*//;p;q}')
	[ -z "$lack" ] || unfit "its $program does not run here: $lack"
done
mkdir -p "/lib/modules/$release"
[ -e "/lib/modules/$release/build" ] || ln -sfn "$tree" "/lib/modules/$release/build"
if [ -n "$gcc" ]; then
	# A kernel's Makefile calls gcc, and the distribution's is another one.
	ln -sfn "$gcc" /usr/bin/gcc
	ln -sfn "$gcc" "/usr/bin/$(gcc -dumpmachine)-gcc"
fi
echo "$release" > /etc/mft-patch-release
rm -rf /prepare
echo "symbols=$([ -f Module.symvers ] && echo yes || echo no)" >&3
