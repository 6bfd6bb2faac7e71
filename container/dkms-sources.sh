# shellcheck shell=bash
# Functions for verify.sh and here.sh: the dkms sources of a package, what their dkms.conf says, read by bash as dkms reads it, and
# what has become of them.
# shellcheck disable=SC2154 # release is set by these
: "${source_tree:=/usr/src}" "${dkms_tree:=/var/lib/dkms}" "${install_tree:=/lib/modules}"

# sources < FILES: the sources among the files of a package, as `directory name version`. dkms takes name and version from the
# directory, not from what dkms.conf says of them (dkms(8), add).
sources() {
	local directory base link name
	sed -n "s,^\\($source_tree/[^/]*\\)/dkms\\.conf\$,\\1,p" | while read -r directory; do
		base=${directory##*/}
		for link in "$dkms_tree"/*/*/source; do
			[ "$(readlink -f "$link")" = "$directory" ] || continue
			link=${link#"$dkms_tree"/}
			printf '%s\t%s\t%s\n' "$directory" "${link%%/*}" "$(basename "${link%/source}")"
			continue 2
		done
		# It was not added.
		# shellcheck disable=SC2016 # expanded after dkms.conf is read
		name=$(read_conf "$directory/dkms.conf" 'echo "$PACKAGE_NAME"')
		case $base in "$name"-*) ;; *) name=${base%-*} ;; esac
		printf '%s\t%s\t%s\n' "$directory" "$name" "${base#"$name"-}"
	done
}

# read_conf CONF CODE: runs the code after dkms.conf, with the variables that dkms sets before. dkms does not mind those that
# are not set, nor a line that fails.
read_conf() (
	set +u
	# shellcheck disable=SC2034 # dkms.conf reads these variables
	kernelver=$release arch=$(uname -m)
	# shellcheck disable=SC2034 # likewise
	kernel_source_dir=/lib/modules/$release/build
	unset PACKAGE_NAME PACKAGE_VERSION BUILT_MODULE_NAME DEST_MODULE_NAME DEST_MODULE_LOCATION PATCH PATCH_MATCH
	# shellcheck source=/dev/null
	. "$1" > /dev/null 2>&1
	eval "$2"
) 3>&-

# conf_modules CONF: the names of the modules that it declares, with dkms's defaults: as many as the longest of the arrays, a
# single one without a name is called like the package.
conf_modules() {
	# shellcheck disable=SC2016 # expanded after dkms.conf is read
	read_conf "$1" 'count=0
		for n in ${#BUILT_MODULE_NAME[@]} ${#BUILT_MODULE_LOCATION[@]} ${#DEST_MODULE_NAME[@]} ${#DEST_MODULE_LOCATION[@]}; do
			((n > count)) && count=$n
		done
		for ((i = 0; i < count; i++)); do
			name=${BUILT_MODULE_NAME[i]}
			[ -z "$name" ] && [ ${#DEST_MODULE_LOCATION[@]} = 1 ] && name=$PACKAGE_NAME
			echo "${DEST_MODULE_NAME[i]:-$name}"
		done'
}

# modules < SOURCES: what is there of the modules that dkms.conf declares, as `module built file vermagic name`.
modules() {
	local directory name version module file built
	while IFS=$'\t' read -r directory name version; do
		conf_modules "$directory/dkms.conf" | while read -r module; do
			file=$(find "$install_tree/$release" -name "$module.ko*" | head -n 1)
			built=$(find "$dkms_tree/$name/$version" -name "$module.ko*" 2> /dev/null | head -n 1)
			printf '%s\t%s\t%s\t%s\t%s\n' "$module" "$built" "$file" \
				"$([ -n "$file" ] && modinfo -F vermagic "$file")" "$([ -n "$file" ] && modinfo -F name "$file")"
		done
	done
}

# applied_patches DIRECTORY: the names of the patches that dkms applies for the kernel.
applied_patches() {
	# shellcheck disable=SC2016 # expanded after dkms.conf is read
	read_conf "$1/dkms.conf" 'for ((i = 0; i < ${#PATCH[@]}; i++)); do
		[ -n "${PATCH[i]}" ] && [[ -z ${PATCH_MATCH[i]} || $kernelver =~ ${PATCH_MATCH[i]} ]] && echo "${PATCH[i]}"
	done'
}

# build_exclusive DIRECTORY: what keeps dkms from building for some kernels.
build_exclusive() {
	# shellcheck disable=SC2016 # expanded after dkms.conf is read
	read_conf "$1/dkms.conf" 'for name in ${!BUILD_EXCLUSIVE_*}; do [ -n "${!name}" ] && echo "$name=${!name}"; done'
}
