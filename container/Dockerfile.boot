# A machine that boots one kernel: QEMU, a static busybox, and that kernel. BASE_IMAGE is the image that ./Dockerfile made
# for the target: its apt knows where the kernel is, and its kmod is the one that loads modules there.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}

# The kernel's release, as `uname -r` prints it.
ARG RELEASE
# The architecture of QEMU, where it is another than the image's: that of the machine, which emulates the rest.
ARG EMULATOR_ARCH=""

RUN set -eu; \
    case $(dpkg --print-architecture) in \
        amd64) qemu=qemu-system-x86 ;; \
        arm64) qemu=qemu-system-arm ;; \
        *) echo "booting $(dpkg --print-architecture) kernels is not supported"; exit 1 ;; \
    esac; \
    if [ -n "$EMULATOR_ARCH" ]; then dpkg --add-architecture "$EMULATOR_ARCH"; qemu=$qemu:$EMULATOR_ARCH; fi; \
    export DEBIAN_FRONTEND=noninteractive; \
    apt-get update; \
    mkdir /tmp/kernel; \
    cd /tmp/kernel; \
    # Debian from 7.2 on has the kernel in linux-binary, and nothing in linux-image; Ubuntu's may be unsigned only.
    for package in linux-binary linux-image linux-image-unsigned; do \
        apt-get download "$package-$RELEASE" || continue; \
        # Unpacked, not installed: no initramfs, no boot loader.
        dpkg-deb --fsys-tarfile "$package-$RELEASE"_*.deb | tar -x --wildcards '*/vmlinuz*' || continue; \
        find . -name 'vmlinuz*' -type f -exec mv {} /boot/vmlinuz \; ; \
        break; \
    done; \
    if [ ! -f /boot/vmlinuz ]; then echo "apt has no kernel of $RELEASE; a newer one may have taken its place in the archive"; exit 1; fi; \
    echo "$RELEASE" > /boot/release; \
    cd /; \
    rm -rf /tmp/kernel; \
    apt-get install -y --no-install-recommends "$qemu" busybox-static kmod; \
    apt-get clean; \
    rm -rf /var/lib/apt/lists/*
