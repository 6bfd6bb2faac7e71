#!/bin/bash
# Runs as a user on a machine with dkms and a kernel's headers: adds, builds and installs the dkms sources of a package as dkms does,
# in trees of its own. $1: a directory with the sources in src/, and dkms-sources.sh and check-symbols.sh; $2: the release. What
# was there afterwards goes to facts/ in it, one a file.
set -u
top=$1 release=$2
source_tree=$top/src dkms_tree=$top/dkms install_tree=$top/lib/modules
# shellcheck source=/dev/null
. "$top/dkms-sources.sh"
# shellcheck source=/dev/null
. "$top/check-symbols.sh"
export LC_ALL=C.UTF-8 TMPDIR=$top/tmp
facts=$top/facts
headers=/lib/modules/$release/build
mkdir -p "$facts" "$TMPDIR" "$dkms_tree" "$install_tree/$release" "$top/bin"
ln -s "$(readlink -f "$headers")" "$install_tree/$release/build"
echo "$release" > "$facts/release"
grep -qx CONFIG_WERROR=y "$headers/include/config/auto.conf" 2> /dev/null && echo yes > "$facts/werror"

# dkms installs for root alone, since that is for the whole machine. Here it is for a directory of the user's; depmod, too, is told so.
cat > "$top/bin/id" <<ID
#!/bin/sh
[ "\$*" = -u ] && echo 0 || exec $(command -v id) "\$@"
ID
cat > "$top/bin/depmod" <<DEPMOD
#!/bin/sh
exec $(PATH=$PATH:/usr/sbin:/sbin command -v depmod) -b "$top" "\$@"
DEPMOD
chmod +x "$top/bin/id" "$top/bin/depmod"
PATH=$top/bin:$PATH:/usr/sbin:/sbin

# run_dkms ACTION NAME VERSION [OPTION...]
run_dkms() {
	local action=$1 name=$2 version=$3
	shift 3
	dkms "$action" -m "$name" -v "$version" "$@" --dkmstree "$dkms_tree" --sourcetree "$source_tree" --installtree "$install_tree" < /dev/null
}

dkms --version > "$facts/dkms.version" 2>&1
find "$source_tree" -mindepth 2 -maxdepth 2 -name dkms.conf | sort | sources > "$facts/sources"
while IFS=$'\t' read -r _ name version; do
	run_dkms add "$name" "$version" && run_dkms build "$name" "$version" -k "$release" && run_dkms install "$name" "$version" -k "$release"
done < "$facts/sources" > "$facts/install.log" 2>&1
# The loop has the exit code of its last command.
echo "$?" > "$facts/install.exit"
modules < "$facts/sources" > "$facts/modules"
while IFS=$'\t' read -r directory name version; do
	run_dkms status "$name" "$version" -k "$release"
	applied_patches "$directory" >> "$facts/patches"
	build_exclusive "$directory" >> "$facts/exclusive"
done < "$facts/sources" > "$facts/dkms.status" 2>&1
find "$dkms_tree" -name make.log -exec cat {} + > "$facts/make.log" 2> /dev/null
check_symbols < "$facts/modules" > "$facts/symbols" 2> "$facts/symbols.exit"
