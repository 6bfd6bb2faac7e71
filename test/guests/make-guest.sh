#!/bin/bash
# make-guest.sh SUITE FILE: makes the disk of a guest, a file system ext4 without partitions, from Debian's packages. Needs root.
# Offline the guest has what the tests install: the headers and mokutil once more, and the kernel of the suite's backports.
set -euo pipefail
suite=$1 file=$2
work=$(mktemp -d "$file.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root

cat > "$work/setup" <<'SETUP'
#!/bin/bash
# Before the kernel: a small initrd does, and making the whole one takes minutes without KVM.
set -euo pipefail
mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/etc/initramfs-tools/hooks"
echo MODULES=list > "$1/etc/initramfs-tools/conf.d/small"
cat > "$1/etc/initramfs-tools/hooks/guest" <<'HOOK'
#!/bin/sh
[ "$1" != prereqs ] || exit 0
. /usr/share/initramfs-tools/hook-functions
manual_add_modules virtio_pci virtio_blk ext4
HOOK
chmod 755 "$1/etc/initramfs-tools/hooks/guest"
SETUP
cat > "$work/customize" <<'CUSTOMIZE'
#!/bin/bash
set -euo pipefail
root=$1 suite=$2
uri=$(sed -n "s|^deb \([^ ]*\) $suite main.*|\1|p" "$root/etc/apt/sources.list" | head -n 1)
echo "deb $uri $suite-backports main" > "$root/etc/apt/sources.list.d/backports.list"
echo guest > "$root/etc/hostname"
echo '127.0.0.1 localhost guest' > "$root/etc/hosts"
echo '/dev/vda / ext4 defaults 0 1' > "$root/etc/fstab"
chroot "$root" useradd -m -s /bin/bash user
echo 'user ALL=(ALL) NOPASSWD: ALL' > "$root/etc/sudoers.d/user"
install -m 755 "$(dirname "$0")/agent" "$root/usr/local/sbin/test-agent"
cat > "$root/etc/systemd/system/test-agent.service" <<'UNIT'
[Unit]
Description=runs what the test hands in
[Service]
ExecStart=/usr/local/sbin/test-agent
[Install]
WantedBy=multi-user.target
UNIT
chroot "$root" systemctl enable test-agent.service
chroot "$root" systemctl mask apt-daily.timer apt-daily-upgrade.timer man-db.timer e2scrub_all.timer fstrim.timer
export DEBIAN_FRONTEND=noninteractive
# Docker's machines may set Valid-Until aside; the guest must not depend on the day when it was made.
echo 'Acquire::Check-Valid-Until "false";' > "$root/etc/apt/apt.conf.d/99made-once"
chroot "$root" apt-get update
headers=$(chroot "$root" dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 'linux-headers-*' 'linux-kbuild-*' | sed -n 's/^ii  //p')
# shellcheck disable=SC2086 # words
chroot "$root" apt-get install -y --download-only --reinstall $headers
chroot "$root" apt-get install -y --download-only mokutil openssl
chroot "$root" apt-get install -y --download-only --no-install-recommends -t "$suite-backports" linux-image-amd64 linux-headers-amd64
CUSTOMIZE
cat > "$work/agent" <<'AGENT'
#!/bin/bash
# Runs scripts, each a line in base64, and ends each one's output with its exit code.
port=/dev/virtio-ports/test
until [ -e "$port" ]; do sleep 0.5; done
exec 3<> "$port"
echo '<<ready>>' >&3
while read -r line <&3; do
	base64 -d <<< "$line" > /run/script
	bash /run/script < /dev/null >&3 2>&1 3>&-
	echo "<<exit $?>>" >&3
done
AGENT
chmod 755 "$work/setup" "$work/customize" "$work/agent"
include=systemd-sysv,udev,dbus,kmod,sudo,iproute2,pciutils,procps,dkms,gcc,make,linux-image-amd64,linux-headers-amd64
mmdebstrap --mode=root --variant=minbase --skip=cleanup/apt --include="$include" --aptopt='Acquire::Check-Valid-Until "false"' \
	--setup-hook="$work/setup \"\$1\"" --customize-hook="$work/customize \"\$1\" $suite" "$suite" "$root"
truncate -s 6G "$work/disk"
mkfs.ext4 -q -d "$root" "$work/disk"
mv "$work/disk" "$file"
