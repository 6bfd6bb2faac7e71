#!/bin/bash
# Runs as root in a throw-away container: installs the package as a user does and reports what is then so.
# stdin: a tar archive with package.deb. $1: `with-modules` to report the modules themselves, too. stdout: a tar archive of facts, one a file. stderr: progress.
set -u
exec 3>&1 1>&2

# In memory, so that a full disk can be reported.
facts=/dev/shm/facts
mkdir -p "$facts"
release=$(head -n 1 /etc/mft-patch-release)
echo "$release" > "$facts/release"

# Whatever runs code of the package goes without descriptor 3: what is written there is our report.
exec 4> >(exec tee "$facts/dpkg.log" 3>&-)
log=$!
dpkg -i /verify/package.deb >&4 2>&1 3>&- 4>&-
echo "$?" > "$facts/dpkg.exit"
exec 4>&-
# What the package has left running is ended: it would hold the log open, and the processes that the rest needs. Stopped
# first, so that it does not make new ones meanwhile.
for signal in STOP KILL; do
	for process in /proc/[0-9]*; do
		process=${process#/proc/}
		[ "$process" = $$ ] || [ "$process" = "$log" ] || kill -"$signal" "$process"
	done
done 2> /dev/null
wait "$log"

package=$(dpkg-deb -f /verify/package.deb Package)
dpkg-query -W -f '${db:Status-Status}\n' "$package" > "$facts/package.status"
conf=$(dpkg -L "$package" | grep '^/usr/src/[^/]*/dkms\.conf$' | head -n 1)

# dkms.conf is shell: it is asked as dkms asks it, with the variables that dkms sets before.
# shellcheck disable=SC2034 # dkms.conf reads these variables
ask() (
	kernelver=$release arch=$(uname -m) dkms_tree=/var/lib/dkms source_tree=/usr/src
	kernel_source_dir=/lib/modules/$release/build
	# shellcheck source=/dev/null
	. "$conf" > /dev/null 2>&1
	eval "$1"
) 3>&-
# shellcheck disable=SC2016 # expanded by ask, after dkms.conf is read
name=$(ask 'echo "$PACKAGE_NAME"')
# shellcheck disable=SC2016 # likewise
version=$(ask 'echo "$PACKAGE_VERSION"')
# It takes a fifth of a second, in which the modules can be looked at.
dkms status -m "$name" -v "$version" -k "$release" > "$facts/dkms.status" 2>&1 3>&- &

# shellcheck disable=SC2016 # likewise
ask 'for i in "${!BUILT_MODULE_NAME[@]}"; do echo "${DEST_MODULE_NAME[i]:-${BUILT_MODULE_NAME[i]}}"; done' |
	while read -r module; do
		file=$(find "/lib/modules/$release" -name "$module.ko*" | head -n 1)
		built=$(find "/var/lib/dkms/$name/$version" -name "$module.ko*" 2> /dev/null | head -n 1)
		vermagic=$([ -n "$file" ] && modinfo -F vermagic "$file")
		printf '%s\t%s\t%s\t%s\n' "$module" "$built" "$file" "$vermagic"
		if [ "${1:-}" = with-modules ] && [ -n "$file" ]; then mkdir -p "$facts/ko" && cp "$file" "$facts/ko/"; fi
	done > "$facts/modules"

# dkms keeps the log of a failed build in build/, that of a good one in <kernel>/<arch>/log/.
find "/var/lib/dkms/$name/$version" -name make.log -exec cat {} + > "$facts/make.log" 2> /dev/null
wait
# Processes killed for lack of memory, as cgroup v2 or v1 counts them.
cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2> /dev/null | sed -n 's/^oom_kill //p' > "$facts/oom"
# Processes that there was no room for, counted likewise.
cat /sys/fs/cgroup/pids.events /sys/fs/cgroup/pids/pids.events 2> /dev/null | sed -n 's/^max //p' > "$facts/refused-forks"
tar -C "$facts" -cf - . >&3
