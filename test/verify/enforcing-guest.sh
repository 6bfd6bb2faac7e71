#!/bin/bash
# Runs as root in a throw-away container of container/Dockerfile.boot: boots the kernel under UEFI with module.sig_enforce=1, and
# tells which modules it loads. Beside it: OVMF_CODE_4M.fd, vars.fd, and modules in directories.
set -eu
cd /v
root=/tmp/root
mkdir -p "$root"/{bin,dev,proc,sys}
cp "$(command -v busybox)" "$root/bin/busybox"
cp -r modules "$root/"
cat > "$root/init" <<'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs devtmpfs /dev
say() { echo "@$*" > /dev/kmsg; }
say "enforce $($b cat /sys/module/module/parameters/sig_enforce) efi $([ -d /sys/firmware/efi ] && echo yes || echo no)"
for directory in /modules/*; do
	for module in "$directory"/*.ko; do
		if words=$($b insmod "$module" 2>&1); then say "${directory##*/} loads"; $b rmmod "$($b basename "$module" .ko)"
		else say "${directory##*/} refused: ${words##*: }"; fi
	done
done
say end
$b reboot -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | busybox cpio -o -H newc 2> /dev/null) > /tmp/initrd
timeout -k 5 240 qemu-system-x86_64 -accel tcg -M q35 -cpu max -m 768 -nodefaults -no-user-config -display none -no-reboot \
	-drive if=pflash,format=raw,unit=0,readonly=on,file=OVMF_CODE_4M.fd -drive if=pflash,format=raw,unit=1,file=vars.fd \
	-serial stdio -kernel /boot/vmlinuz -initrd /tmp/initrd \
	-append "console=ttyS0 panic=-1 printk.devkmsg=on nowatchdog module.sig_enforce=1 $*" < /dev/null
