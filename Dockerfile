# A machine as a user has it: a distribution, dkms, and the headers of one kernel. mft-patch builds it for a target
# of kernels/ and installs packages in throw-away containers of it.
ARG BASE_IMAGE=debian:bookworm-slim
FROM ${BASE_IMAGE}

# apt's suites, separated by blanks: the base's own first, then those to add to it from the same archive.
ARG SUITES=bookworm
# Another archive to take all of them from; empty for that of the base.
ARG MIRROR=""
# The moment at which the added suites are looked at; empty for now.
ARG SNAPSHOT=""
# "no" takes an index that is past its date.
ARG CHECK_VALID_UNTIL=yes
# What brings the kernel's headers; {arch} stands for Debian's name of the architecture.
ARG PACKAGES=linux-headers-{arch}
# archives {
# Further archives, with | between them: the key in base64, then URL, suite and components.
ARG ARCHIVES=""
# archives }

RUN set -eu; \
    . /etc/os-release; \
    components=main; \
    if [ "$ID" = ubuntu ]; then components="main universe"; fi; \
    key=/usr/share/keyrings/$ID-archive-keyring.gpg; \
    set -- $SUITES; \
    uri=$(apt-get update --print-uris | sed -n "s|^'\(.*/\)dists/$1/InRelease'.*|\1|p" | head -n 1); \
    if [ -n "$MIRROR" ]; then \
        rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*; \
        uri=$MIRROR; \
        echo "deb [signed-by=$key] $uri $1 $components" > /etc/apt/sources.list; \
    fi; \
    shift; \
    for suite; do \
        options="signed-by=$key${SNAPSHOT:+ snapshot=$SNAPSHOT}"; \
        if [ "$CHECK_VALID_UNTIL" = no ]; then options="$options check-valid-until=no"; fi; \
        echo "deb [$options] $uri $suite $components" >> /etc/apt/sources.list.d/target.list; \
    done; \
    if [ "$CHECK_VALID_UNTIL" = no ]; then echo 'Acquire::Check-Valid-Until "false";' > /etc/apt/apt.conf.d/90valid-until; fi; \
    # archives {
    # Certificates come from the distribution, before apt asks an archive by https.
    case $ARCHIVES in *" https://"*) \
        apt-get -o APT::Update::Error-Mode=any update; \
        apt-get install -y --no-install-recommends ca-certificates ;; \
    esac; \
    printf '%s\n' "$ARCHIVES" | tr '|' '\n' | while read -r key source; do \
        if [ -z "$key" ]; then continue; fi; \
        file=/usr/share/keyrings/target-$(echo "$key" | sha256sum | cut -c 1-12).gpg; \
        echo "$key" | base64 -d > "$file"; \
        printf 'deb [signed-by=%s] %s\n' "$file" "$source" >> /etc/apt/sources.list.d/target.list; \
    done; \
    # archives }
    packages=$(echo "$PACKAGES" | sed "s/{arch}/$(dpkg --print-architecture)/"); \
    # Headers of some kernels (Debian's 6.12) bring the kernel itself. It is not started here and none of its modules loaded: without them
    # and an initramfs the image takes half the time, and depmod, which dkms runs, need not read thousands.
    printf 'path-exclude=%s\n' '/lib/modules/*/kernel/*' '/usr/lib/modules/*/kernel/*' > /etc/dpkg/dpkg.cfg.d/kernels; \
    export INITRD=No DEBIAN_FRONTEND=noninteractive; \
    apt-get -o APT::Update::Error-Mode=any update; \
    apt-get install -y --no-install-recommends dkms gcc make kmod patch perl $packages; \
    apt-get clean; \
    rm -rf /var/lib/apt/lists/*; \
    # Which release the headers are for; there is one kernel in the image.
    if [ -d /lib/modules ]; then ls /lib/modules > /etc/mft-patch-release; fi
