# An image of mft-patch itself, for CI and for machines with an engine but without Node.js. Its context is a directory with nothing
# but the Debian package of the program (npm run deb).
ARG BASE_IMAGE=debian:trixie-slim
FROM ${BASE_IMAGE}

# The clients of both engines: an engine is the host's, by its socket, or on another machine. xz and zstd for what the built-in readers do
# not know; certificates for downloads.
COPY mft-patch_*_all.deb /tmp/
RUN set -eu; \
    export DEBIAN_FRONTEND=noninteractive; \
    apt-get -o APT::Update::Error-Mode=any update; \
    apt-get install -y --no-install-recommends ca-certificates docker-cli podman xz-utils zstd /tmp/mft-patch_*_all.deb; \
    apt-get clean; \
    rm -rf /var/lib/apt/lists/* /tmp/mft-patch_*_all.deb; \
    useradd --home-dir /cache mft-patch; \
    # For whatever --user says, too.
    mkdir --mode=1777 /work /cache

ENV HOME=/cache XDG_CACHE_HOME=/cache
USER mft-patch
WORKDIR /work
CMD ["mft-patch", "--help"]
