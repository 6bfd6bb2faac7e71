# A machine as a user has it: a distribution, dkms, and the headers of one kernel. mft-patch builds it for a target
# of kernels/ and installs packages in throw-away containers of it.
ARG BASE_IMAGE=debian:bookworm-slim
FROM ${BASE_IMAGE}

# One-line-style apt sources to add to those of the base image.
ARG APT_SOURCES=""
# The headers package; {arch} stands for Debian's name of the architecture.
ARG HEADERS=linux-headers-{arch}

RUN set -eu; \
    if [ -n "$APT_SOURCES" ]; then printf '%s\n' "$APT_SOURCES" > /etc/apt/sources.list.d/target.list; fi; \
    headers=$(echo "$HEADERS" | sed "s/{arch}/$(dpkg --print-architecture)/"); \
    export DEBIAN_FRONTEND=noninteractive; \
    apt-get update; \
    apt-get install -y --no-install-recommends dkms gcc make kmod patch perl "$headers"; \
    apt-get clean; \
    rm -rf /var/lib/apt/lists/*; \
    # Which release the headers are for; there is one kernel in the image.
    ls /lib/modules > /etc/mft-patch-release
