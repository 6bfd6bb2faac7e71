#!/bin/bash
# Runs as root in a container without network: makes of a kernel's source what dkms takes for its headers.
# In /prepare: `archive` (tar, compressed as it likes) unless /usr/src/linux holds the tree already, and perhaps `config`.
# The last line on stdout is release=…; exit 65 means that the source is unfit, and the last line on stderr says why.
set -eu
exec 3>&1 1>&2
unfit() { echo "$1"; exit 65; }

tree=/usr/src/linux
mkdir -p "$tree"
if [ -f /prepare/archive ]; then
	# What modules are built against is elsewhere; the sources of drivers only cost time and space.
	tar -x -f /prepare/archive -C "$tree" --strip-components=1 --no-same-owner \
		--wildcards --exclude='*/Documentation/*/*' --exclude='*/drivers/*.c' --exclude='*/sound/*.c' --exclude='*/fs/*.c' \
		--exclude='*/net/*.c' --exclude='*.dts' --exclude='*.dtsi' --exclude='*/testing/*' || unfit 'is not a tar archive that tar can read'
	rm /prepare/archive
fi
cd "$tree"
{ grep -qs '^VERSION = ' Makefile && grep -qs '^PATCHLEVEL = ' Makefile && [ -e Kconfig ] && [ -d scripts ]; } ||
	unfit 'is not the source of a kernel: no VERSION and PATCHLEVEL in its Makefile, or Kconfig or scripts/ is missing'

# A tree that was built on another machine brings programs of that machine: only its configuration and symbols stay.
[ -f .config ] && cp .config /prepare/tree-config
[ -f Module.symvers ] && cp Module.symvers /prepare/symbols
if [ -d include/generated ] || [ -f scripts/basic/fixdep ]; then
	# Left out above, but cleaning goes through it.
	mkdir -p Documentation/devicetree/bindings
	touch Documentation/devicetree/bindings/Makefile
	make -s mrproper
fi
if [ -f /prepare/config ]; then
	cp /prepare/config .config
elif [ -f /prepare/tree-config ]; then
	cp /prepare/tree-config .config
fi
if [ -f .config ]; then make -s olddefconfig; else make -s defconfig; fi
grep -q '^CONFIG_MODULES=y' .config || unfit 'its configuration has no CONFIG_MODULES=y: such a kernel takes no modules'
make -s -j "$(nproc)" modules_prepare
[ -f /prepare/symbols ] && cp /prepare/symbols Module.symvers

release=$(make -s kernelrelease)
mkdir -p "/lib/modules/$release"
ln -sfn "$tree" "/lib/modules/$release/build"
echo "$release" > /etc/mft-patch-release
find . \( -name '*.o' -o -name '*.cmd' \) -not -path './scripts/*' -not -path './tools/*' -delete
rm -rf /prepare
echo "symbols=$([ -f Module.symvers ] && echo yes || echo no)" >&3
echo "release=$release" >&3
