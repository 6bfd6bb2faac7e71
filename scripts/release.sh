#!/usr/bin/env bash
# Tests, packs and tags the version in package.json; publishes nothing. Options: --dry-run, --no-test.
set -euo pipefail
cd "$(dirname "$0")/.."
die() { printf 'release: %s\n  %s\n' "$2" "$3" >&2; exit "$1"; }
run() { echo "+ $*"; [ "$dry_run" = yes ] || "$@"; }
sum() { (cd "$1" && sha256sum -- *.tgz *.deb *.tar.gz > SHA256SUMS); }

dry_run=no do_test=yes
for option; do
	case $option in
		--dry-run) dry_run=yes ;;
		--no-test) do_test=no ;;
		*) die 2 "unknown option '$option'" 'usage: scripts/release.sh [--dry-run] [--no-test]' ;;
	esac
done
version=$(node -p 'require("./package.json").version')
changes=$(git status --porcelain)
[ -z "$changes" ] || die 1 'uncommitted changes' 'commit or stash them'
notes=$(awk -v heading="## [$version] - " '/^## |^\[.*\]: /{on = index($0, heading) == 1; next} on' CHANGELOG.md | sed '/./,$!d')
[ -n "$notes" ] || die 1 "CHANGELOG.md has no section for $version" 'move the Unreleased entries to it'
! git rev-parse -q --verify "refs/tags/v$version" > /dev/null || die 1 "tag v$version exists" 'raise the version in package.json'

if [ "$do_test" = yes ]; then run npm test; else run npm run build; fi
run rm -rf dist/release
run mkdir -p dist/release
run npm pack --silent --pack-destination dist/release
run node scripts/deb.mjs dist/release
run node scripts/executable.mjs dist/release
run sum dist/release
run git tag --annotate --cleanup=verbatim --message "mft-patch $version"$'\n\n'"$notes" "v$version"
