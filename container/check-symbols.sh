# shellcheck shell=bash
# Functions for verify.sh: what the modules take from the kernel, against what the kernel gives. modpost asks the same, but a
# Makefile or the environment can silence it (KBUILD_MODPOST_WARN).
# shellcheck disable=SC2154 # headers is set by verify.sh

# plain FILE: a module, uncompressed.
plain() {
	case $1 in
		*.xz) xz -dc "$1" ;;
		*.zst) zstd -qdc "$1" ;;
		*.gz) gzip -dc "$1" ;;
		*) cat "$1" ;;
	esac
}

# check_symbols < MODULES: a line for each fault, as `module fault symbol`; the faults are unknown, gpl-only, version, namespace.
# MODULES are rows of the fact of that name. On stderr a word if nothing can be compared.
check_symbols() {
	local module file work
	[ -f "$headers/Module.symvers" ] || { echo 'no Module.symvers' >&2; cat > /dev/null; return; }
	work=$(mktemp -d)
	while IFS=$'\t' read -r module _ file _; do
		[ -n "$file" ] && plain "$file" > "$work/$module.ko"
	done
	for file in "$work"/*.ko; do [ -f "$file" ] && nm "$file" | sed -n 's/.* __ksymtab_//p'; done > "$work/own"
	for file in "$work"/*.ko; do
		[ -f "$file" ] || continue
		module=$(basename "$file" .ko)
		nm -u "$file" | sed -n 's/^ *U //p' | grep -vx '_GLOBAL_OFFSET_TABLE_\|__this_module' > "$work/undefined"
		modprobe --dump-modversions "$file" > "$work/versions" 2> /dev/null
		# The licences that the kernel calls compatible with the GPL (linux/license.h).
		modinfo -F license "$file" | grep -qx 'GPL\|GPL v2\|GPL and additional rights\|Dual BSD/GPL\|Dual MIT/GPL\|Dual MPL/GPL' && gpl=1 || gpl=0
		awk -F '\t' -v module="$module" -v gpl="$gpl" -v imports=" $(modinfo -F import_ns "$file" | tr '\n' ' ')" '
			FNR == 1 { file++ }
			# Kernels before 5.8 have the namespace in the third column, and no namespace for most.
			file == 1 { late = $5 ~ /^EXPORT_/; known[$2] = 1; crc[$2] = $1; only[$2] = (late ? $5 : $4) ~ /GPL/; space[$2] = late ? $3 : $5 }
			file == 2 && NF { known[$1] = 1 }
			file == 3 && NF { built[$2] = $1 }
			file == 4 && NF {
				if (!known[$1]) print module "\tunknown\t" $1
				else if (only[$1] && !gpl) print module "\tgpl-only\t" $1
				else if (space[$1] != "" && !index(imports, " " space[$1] " ")) print module "\tnamespace\t" $1
				else if (crc[$1] !~ /^0x0+$/ && $1 in built && built[$1] != crc[$1]) print module "\tversion\t" $1
			}' "$headers/Module.symvers" <(cat "$work/own"; echo) <(cat "$work/versions"; echo) "$work/undefined"
	done
	rm -r "$work"
}
