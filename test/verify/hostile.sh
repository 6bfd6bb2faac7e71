# shellcheck shell=bash
# What the postinst of a package made for the tests does: it tries to get out of its container and to take what it can.
# A mode and its arguments stand on top of it. Each attempt says on one line what came of it; none can do harm even where
# it succeeds, and each ends by itself.

# attempt NAME COMMAND...: says `NAME: done`, or `NAME: refused` and the last words of the command, and fails.
attempt() {
	local name=$1 words
	shift
	words=$("$@" 2>&1) && echo "$name: done" && return
	echo "$name: refused (${words##*$'\n'})"
	return 1
}
# shellcheck disable=SC2016 # perl expands it
connect() { timeout 2 perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => $ARGV[1]) or die $!' "$@"; }
# Some versions of Node make such an address as long as it can be.
connect_abstract() {
	perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); $a = "\0$ARGV[0]";
		connect(S, pack("S a*", AF_UNIX, $a)) or connect(S, pack("S a108", AF_UNIX, $a)) or die $!' "$1"
}
resolve() {
	# It is the container's own copy. A name server of the test is the only one that may be asked.
	printf 'nameserver %s\noptions timeout:1 attempts:1\n' "$1" > /etc/resolv.conf
	getent hosts a.name.of.the.test.invalid
}
put() { echo "$1" > "$2"; }
mount_tmpfs() { mkdir -p /tmp/mounted && mount -t tmpfs none /tmp/mounted && umount /tmp/mounted; }
read_disk() { mknod /tmp/disk b "$1" "$2" && head -c 512 /tmp/disk | wc -c | grep -x 512; }
find_marker() { grep -qs "$1" /proc/[0-9]*/"$2"; }
setuid_program() {
	cp /usr/bin/id /tmp/setuid && chmod 4755 /tmp/setuid && setpriv --reuid 65534 --clear-groups /tmp/setuid -u | grep -qx 0
}
# VFS_CAP_REVISION_2 with CAP_SYS_ADMIN, linux/capability.h.
file_capability() {
	cp /usr/bin/id /tmp/capable
	perl -e '$f = "/tmp/capable"; $a = "security.capability"; $v = pack("V5", 0x02000000, 1 << 21, 0, 0, 0);
		syscall(`uname -m` =~ /x86/ ? 188 : 5, $f, $a, $v, 20, 0) == 0 or die $!'
}

# look LOOPBACK BRIDGE PORT NAMESERVER ABSTRACT SECRET FOLDER MARKER SWAPPINESS MAJOR MINOR
look() {
	for host in "$1" "$2" localhost host.docker.internal host.containers.internal; do attempt "connect $host" connect "$host" "$3"; done
	attempt 'connect abstract' connect_abstract "$5"
	attempt resolve resolve "$4"
	# h prints a help text into the kernel's log.
	attempt sysrq put h /proc/sysrq-trigger
	attempt sysctl put "$9" /proc/sys/vm/swappiness
	# Those of cgroup v1 lie one folder deeper.
	attempt memory-limit put 8589934592 "$(ls /sys/fs/cgroup/{memory.max,memory/memory.limit_in_bytes} 2> /dev/null)"
	attempt processes-limit put max "$(ls /sys/fs/cgroup/{pids.max,pids/pids.max} 2> /dev/null)"
	attempt mount mount_tmpfs
	attempt disk read_disk "${10}" "${11}"
	attempt device mknod /tmp/device b "${10}" "${11}"
	attempt chroot chroot / true
	attempt secret cat "$6"
	attempt folder ls "$7/."
	attempt docker.sock test -S /var/run/docker.sock
	attempt environment find_marker "$8" environ
	attempt processes find_marker "$8" cmdline
	attempt userns unshare --user --map-root-user true
	attempt setuid setuid_program
	attempt file-capability file_capability
	attempt report bash -c 'echo forged >&3'
	grep -E '^(Cap|NoNewPrivs)' /proc/self/status
}

# outlive MARKER: leaves a process that heeds no signal and keeps the output open.
outlive() {
	(setsid bash -c "trap '' HUP INT TERM QUIT USR1; (exec -a '$1' sleep 60) & wait" &)
	for _ in {1..50}; do find_marker "$1" cmdline && echo 'outlive: running' && break; sleep 0.1; done
}

hang() { trap '' HUP INT TERM; for _ in $(seq "$1"); do sleep 1; done; echo 'hang: done'; }
fill() {
	for _ in $(seq "$1"); do head -c 20M /dev/zero >> /var/filled || break; sleep 0.1; done
	echo "fill: $(stat -c %s /var/filled)"
	rm /var/filled
}
# many N SECONDS: so many thousand files with a byte each, which stay for so long.
many() {
	mkdir /var/many
	perl -e 'for $n (1 .. $ARGV[0] * 1000) { open F, ">", "/var/many/$n" or die $!; print F 1; close F }' "$1"
	echo "many: $(find /var/many -type f | wc -l)"
	sleep "$2"
	rm -r /var/many
}
# shellcheck disable=SC2016 # perl expands it
eat() { attempt eat perl -e '$x .= "x" x 1e6 for 1 .. $ARGV[0]' "$1"; }
# fork N SECONDS: processes that stay for so long, and keep the output open.
fork() {
	perl -e 'for (1 .. $ARGV[0]) { $p = fork; die $! if !defined $p; if ($p == 0) { sleep $ARGV[1]; exit } }' "$@" && echo 'fork: done'
}
flood() { head -c "$1M" /dev/zero | tr '\0' "$2"; echo; }

"$@"
