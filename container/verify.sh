#!/bin/bash
# Runs as root in a throw-away container: what happens to a package on a user's machine, from its installation to its purge.
# In /verify: package.deb; vendor-dkms.conf, if it was made from another package; dkms-sources.sh and check-symbols.sh beside this
# file. $1: `with-modules` to report the modules themselves, too. stdout: a tar archive of facts, one a file. stderr: progress.
set -u
exec 3>&1 1>&2
# shellcheck source=/dev/null
. /verify/dkms-sources.sh
# shellcheck source=/dev/null
. /verify/check-symbols.sh
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

# In memory, so that a full disk can be reported.
facts=/dev/shm/facts
mkdir -p "$facts"
release=$(head -n 1 /etc/mft-patch-release)
headers=/lib/modules/$release/build
echo "$release" > "$facts/release"
# dkms 2.8 writes `dkms: 2.8.4`, dkms 3 `dkms-3.0.10`.
dkms --version 2> /dev/null | sed -n '1s/^dkms[-: ]*//p' > "$facts/dkms.version"
gcc --version 2> /dev/null | head -n 1 > "$facts/compiler"
grep -qx CONFIG_WERROR=y "$headers/include/config/auto.conf" 2> /dev/null && echo yes > "$facts/werror"

# A container has the kernel of its host, and a package asks for that of the machine that it is installed on.
uname=$(command -v uname)
mv "$uname" "$uname.host"
cat > "$uname" <<UNAME
#!/bin/bash
words=\$($uname.host "\$@") || exit
echo "\${words//"$(uname.host -r)"/"$release"}"
UNAME
chmod +x "$uname"

# step NAME COMMAND...: its words go to NAME.log, its exit code to NAME.exit. Whatever runs code of the package goes without
# descriptor 3: what is written there is our report.
step() {
	local name=$1 log signal process
	shift
	exec 4> >(exec tee "$facts/$name.log" 3>&-)
	log=$!
	"$@" >&4 2>&1 < /dev/null 3>&- 4>&-
	echo "$?" > "$facts/$name.exit"
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
}

package=$(dpkg-deb -f /verify/package.deb Package)
step install apt-get install -y --no-install-recommends -o Dpkg::Use-Pty=0 /verify/package.deb
dpkg-query -W -f '${db:Status-Status}\n' "$package" > "$facts/package.status"
dpkg -L "$package" 2> /dev/null | sort > "$facts/files"
sources < "$facts/files" > "$facts/sources"
modules < "$facts/sources" > "$facts/modules"
while IFS=$'\t' read -r directory name version; do
	dkms status -m "$name" -v "$version" -k "$release"
	applied_patches "$directory" >> "$facts/patches"
	build_exclusive "$directory" >> "$facts/exclusive"
done < "$facts/sources" > "$facts/dkms.status" 2>&1 3>&-
[ -f /verify/vendor-dkms.conf ] && conf_modules /verify/vendor-dkms.conf > "$facts/vendor-modules"
# dkms keeps the log of a failed build in build/, that of a good one in <kernel>/<arch>/log/.
find /var/lib/dkms -name make.log -exec cat {} + > "$facts/make.log" 2> /dev/null
check_symbols < "$facts/modules" > "$facts/symbols" 2> "$facts/symbols.exit"
if [ "${1:-}" = with-modules ]; then
	mkdir -p "$facts/ko"
	cut -f 3 "$facts/modules" | grep . | xargs -r cp -t "$facts/ko"
	# Where packages of this kernel have their files: with /lib a link, dpkg may know them by the other name alone.
	if dpkg -S "/usr$headers" > /dev/null 2>&1; then echo usr/lib; else echo lib; fi > "$facts/modules.top"
	sed -n 's/^CONFIG_MODULE_SIG_HASH="\(.*\)"$/\1/p' "$headers/include/config/auto.conf" > "$facts/signature.hash"
fi

# What comes after an installation that went well: a new kernel's hook, its headers once more, the end.
if [ "$(cat "$facts/install.exit")" = 0 ] && grep -q ': installed' "$facts/dkms.status"; then
	step kernelHook env DEB_MAINT_PARAMS="'configure' ''" /etc/kernel/postinst.d/dkms "$release" "/boot/vmlinuz-$release"
	# Where /lib is a link dpkg may know the place by its other name.
	owner=$(dpkg -S "$headers" "/usr$headers" 2> /dev/null | sed -n '1s/[:,].*//p')
	[ -n "$owner" ] && step headers dpkg-reconfigure "$owner"
	while IFS=$'\t' read -r directory name version; do
		for other in /lib/modules/*/build; do
			other=$(basename "${other%/build}")
			[ "$other" = "$release" ] || step other dkms build -m "$name" -v "$version" -k "$other"
		done
	done < "$facts/sources"
	modules < "$facts/sources" > "$facts/modules.later"
	step remove apt-get remove -y -o Dpkg::Use-Pty=0 "$package"
	# Without configuration files dpkg has forgotten it already.
	dpkg-query -W "$package" > /dev/null 2>&1 && step purge apt-get purge -y -o Dpkg::Use-Pty=0 "$package"
	{
		while IFS=$'\t' read -r directory name version; do
			find "/var/lib/dkms/$name" "$directory" 2> /dev/null
		done < "$facts/sources"
		cut -f 3 "$facts/modules" | while read -r file; do [ -e "$file" ] && echo "$file"; done
		dpkg-query -W -f '${db:Status-Status}\n' "$package" 2> /dev/null | grep -v not-installed | sed "s/^/dpkg: $package is /"
	} > "$facts/left"
fi

# Processes killed for lack of memory, as cgroup v2 or v1 counts them.
cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2> /dev/null | sed -n 's/^oom_kill //p' > "$facts/oom"
# Processes that there was no room for, counted likewise.
cat /sys/fs/cgroup/pids.events /sys/fs/cgroup/pids/pids.events 2> /dev/null | sed -n 's/^max //p' > "$facts/refused-forks"
tar -C "$facts" -cf - . >&3
