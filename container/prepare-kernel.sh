#!/bin/bash
# Runs as root in a container without network: makes of a kernel's source what dkms takes for its headers.
# In /prepare: `archive` (tar, compressed as it likes) unless /usr/src/linux holds the tree already, and perhaps `config`.
# The last line on stdout is release=…; exit 65 means that the source is unfit, and the last line on stderr says why.
set -eu
exec 3>&1 1>&2
unfit() { echo "$1"; exit 65; }

tree=/usr/src/linux
mkdir -p "$tree"
# What the sources export is read while the rest goes on: only of what the kernel is made of, and of this architecture.
case $(uname -m) in x86_64) own=x86 ;; aarch64) own=arm64 ;; *) own=$(uname -m) ;; esac
others='alpha arc arm arm64 c6x csky h8300 hexagon ia64 loongarch m68k microblaze mips nds32 nios2 openrisc parisc powerpc riscv s390 sh sparc um x86 xtensa'
exported() {
	LC_ALL=C grep -a -A1 --no-group-separator -E 'EXPORT_|^[[:space:]]*#[[:space:]]*define[[:space:]]+\w+\(|\\$|^[A-Za-z_][A-Za-z0-9_]*\([^()]*\)' |
		perl /prepare/exported-symbols.pl > /prepare/exported
}
if [ -f /prepare/archive ]; then
	# shellcheck disable=SC2046 # words
	tar -xO -f /prepare/archive --wildcards --exclude='*/tools/*' --exclude='*/samples/*' --exclude='*/Documentation/*' \
		$(for name in $others; do [ "$name" = "$own" ] || echo "--exclude=*/arch/$name/*"; done) \
		'*.c' '*.h' '*.S' 2> /dev/null | exported &
	# What modules are built against is elsewhere; the sources of drivers only cost time and space.
	tar -x -f /prepare/archive -C "$tree" --strip-components=1 --no-same-owner \
		--wildcards --exclude='*/Documentation/*/*' --exclude='*/drivers/*.c' --exclude='*/sound/*.c' --exclude='*/fs/*.c' \
		--exclude='*/net/*.c' --exclude='*.dts' --exclude='*.dtsi' --exclude='*/testing/*' || unfit 'is not a tar archive that tar can read'
fi
cd "$tree"
{ grep -qs '^VERSION = ' Makefile && grep -qs '^PATCHLEVEL = ' Makefile && [ -e Kconfig ] && [ -d scripts ]; } ||
	unfit 'is not the source of a kernel: no VERSION and PATCHLEVEL in its Makefile, or Kconfig or scripts/ is missing'

if [ ! -f /prepare/archive ]; then
	find . \( -path ./tools -o -path ./samples -o -path ./Documentation -o -path './arch/*' ! -path "./arch/$own" ! -path "./arch/$own/*" \) -prune -o \
		-name '*.[chS]' -exec cat {} + 2> /dev/null | exported &
fi
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
if [ -f .config ]; then
	make -s olddefconfig
else
	make -s defconfig
	# No distribution makes errors of warnings; who wants it says so with a configuration.
	scripts/config -d WERROR
	make -s olddefconfig
fi
grep -q '^CONFIG_MODULES=y' .config || unfit 'its configuration has no CONFIG_MODULES=y: such a kernel takes no modules'
make -s -j "$(nproc)" modules_prepare
wait
# Of a kernel that was not built the sources say what it exports; with that modpost can refuse what it does not. A tree without
# its drivers, as headers are, says too little.
[ ! -f /prepare/symbols ] && grep -qE $'\t_?printk\t' /prepare/exported && grep -q $'\tpci_get_device\t' /prepare/exported &&
	mv /prepare/exported /prepare/symbols
[ -f /prepare/symbols ] && cp /prepare/symbols Module.symvers

release=$(make -s kernelrelease)
mkdir -p "/lib/modules/$release"
ln -sfn "$tree" "/lib/modules/$release/build"
echo "$release" > /etc/mft-patch-release
find . \( -name '*.o' -o -name '*.cmd' \) -not -path './scripts/*' -not -path './tools/*' -delete
rm -rf /prepare
echo "symbols=$([ -f Module.symvers ] && echo yes || echo no)" >&3
echo "release=$release" >&3
