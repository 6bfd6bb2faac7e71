#!/bin/bash
# Runs as root in a throw-away container of container/Dockerfile.boot: boots the kernel with a small initramfs whose init
# loads modules, asks their drivers what the vendor's programs ask, and unloads them again.
# /verify/modules: the modules, as dkms has installed them. /verify/release: the kernel that they are for. $1: the time
# limit for the boot in seconds.
# stdout: a tar archive of facts, one a file. stderr: the console.
set -u
exec 3>&1 1>&2

expected=$(cat /verify/release)
limit=${1:-120}
facts=/dev/shm/facts
root=/tmp/initramfs
release=$(cat /boot/release)
mkdir -p "$facts" "$root"/{bin,dev,etc,proc,sys,tmp} "$root/lib/modules/$release/updates/dkms"
echo "$release" > "$facts/release"
echo "$expected" > "$facts/expected"
report() {
	# Processes killed for lack of memory, as cgroup v2 or v1 counts them.
	cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2> /dev/null | sed -n 's/^oom_kill //p' > "$facts/oom"
	# Processes that there was no room for, counted likewise.
	cat /sys/fs/cgroup/pids.events /sys/fs/cgroup/pids/pids.events 2> /dev/null | sed -n 's/^max //p' > "$facts/refused-forks"
	tar -C "$facts" -cf - . >&3
	exit
}
# Modules for another kernel would be refused, and the package blamed for it.
[ "$release" = "$expected" ] || report

# The target's compiler is there: dkms needs it.
gcc -static -nostdlib -ffreestanding -fno-stack-protector -O1 -o "$root/bin/ask-driver" /verify/ask-driver.c 2> "$facts/gcc.log" || report

# The target's own kmod does the loading: whether it takes .ko.xz or .ko.zst, alone or with the kernel's help, is its matter.
kmod=$(command -v kmod)
for file in "$kmod" $(ldd "$kmod" | grep -o '/[^ ]*'); do cp -L --parents "$file" "$root"; done
ln -s "$kmod" "$root/bin/modprobe"
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in sh basename cat grep mknod mount od reboot rm sed tail tr uname; do ln -s busybox "$root/bin/$applet"; done

cp /verify/modules/*.ko* "$root/lib/modules/$release/updates/dkms/"
touch "$root/lib/modules/$release/modules."{order,builtin}
depmod -b "$root" "$release"
modules=$(cd /verify/modules && for file in *.ko*; do printf '%s\n' "${file%%.ko*}"; done)
echo "$modules" > "$root/etc/modules"
# No module of the kernel's own is here; the vendor's need none.
for module in $modules; do
	for needed in $(modinfo -F depends "/verify/modules/$module".ko* | tr , ' '); do
		echo "$modules" | tr - _ | grep -qx "${needed//-/_}" || echo "$module needs $needed"
	done
done > "$facts/missing"

cat > "$root/init" <<'INIT'
#!/bin/sh
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
# Through the kernel's log the lines stay whole, and in order with what the kernel says itself.
say() { echo "mft-patch: $*" > /dev/kmsg; }
characters() { sed '/^Block/,$d' /proc/devices; }
is_live() { grep -q "^$(echo "$1" | tr - _) .* Live " /proc/modules; }
is_there() { grep -q "^$(echo "$1" | tr - _) " /proc/modules; }

# Loads a module, asks its devices, unloads it. Without its path modprobe would be busybox's own.
try() {
	characters > /tmp/before
	say "$1 load"
	words=$(/bin/modprobe "$1" 2>&1) && is_live "$1" || { say "$1 not-loaded $words"; return 1; }
	say "$1 loaded"
	characters | grep -vxFf /tmp/before > /tmp/devices
	while read -r major name; do
		say "$1 device $major $name"
		# Which drivers are known, and what they must answer, is for the judge.
		case $1 in mst_pci | mst_pciconf) ;; *) continue ;; esac
		rm -f /tmp/node
		mknod /tmp/node c "$major" 0
		ask-driver /tmp/node "$1" $device | while read -r line; do say "$1 $line"; done
	done < /tmp/devices
	say "$1 unload"
	words=$(/bin/modprobe -r "$1" 2>&1)
	is_there "$1" && { say "$1 not-unloaded $words"; return 1; }
	say "$1 unloaded"
	while IFS= read -r line; do characters | grep -qxF "$line" && say "$1 device-left" $line; done < /tmp/devices
	return 0
}

# QEMU's device for teaching: a PCI device that no driver here takes. What sysfs says of it, drivers must say, too.
for sysfs in /sys/bus/pci/devices/*; do
	[ "$(cat "$sysfs/vendor" "$sysfs/device" 2> /dev/null | tr '\n' ' ')" = '0x1234 0x11e8 ' ] || continue
	set -- $(basename "$sysfs" | tr ':.' '  ')
	device="$((0x$1)) $((0x$2)) $((0x$3 * 8 + 0x$4))"
	read -r start last _ < "$sysfs/resource"
	found="$start $(printf '0x%x' $((last - start + 1))) 0x$(od -A n -t x4 -N 4 "$sysfs/config" | tr -d ' ')"
done

echo 8 > /proc/sys/kernel/printk
say "init $(uname -r) $found"
while read -r module; do try "$module" && try "$module"; done < /etc/modules
say "end"
reboot -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | busybox cpio -o -H newc) > /tmp/initrd

case $(uname -m) in
	x86_64) qemu=qemu-system-x86_64 machine=q35 console=ttyS0 emulated=max ;;
	# Emulating all that `max` can takes three times as long.
	aarch64) qemu=qemu-system-aarch64 machine=virt console=ttyAMA0 emulated=cortex-a57 ;;
esac
# An oops ends the guest at once. Emulation is slow: what only measures time must not raise an alarm.
arguments="console=$console quiet panic=-1 oops=panic printk.devkmsg=on nowatchdog rcupdate.rcu_cpu_stall_suppress=1"
# A QEMU that was built without it boots as well.
edu=()
"$qemu" -device help 2>&1 | grep -q '"edu"' && edu=(-device edu)
boot() {
	local cpu=max
	[ "$1" = tcg ] && cpu=$emulated
	echo "$1" > "$facts/accel"
	echo "$2" > "$facts/limit"
	timeout -k 5 "$2" "$qemu" -accel "$1" -M "$machine" -cpu "$cpu" -m 512 -nodefaults -no-user-config -display none -no-reboot \
		"${edu[@]}" -serial stdio -kernel /boot/vmlinuz -initrd /tmp/initrd -append "$arguments" < /dev/null 2> "$facts/qemu.log" 3>&- |
		tee "$facts/console"
	echo "${PIPESTATUS[0]}" > "$facts/qemu.exit"
	cat "$facts/qemu.log"
	grep -q 'mft-patch: init ' "$facts/console"
}
# A /dev/kvm that can be opened may yet be of no use, as in a guest of a machine that hands on only half of it: QEMU ends,
# or the kernel hangs. A good one needs two seconds.
{ [ -w /dev/kvm ] && boot kvm $((limit / 4)); } || boot tcg "$limit"
report
