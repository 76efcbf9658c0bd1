#!/bin/sh
# make rolling-upgrade: builds the programs of another commit and replaces a cluster of them by these, one by one under load, and back.
#   BASE=COMMIT lab/rolling-upgrade.sh PROGRAMS
# Without BASE, the newest release tag before this commit. If both have one version, the base's is stamped with its commit.
set -eu
programs=$1
if [ -z "${BASE:-}" ]; then
    BASE=$(git describe --tags --abbrev=0 --match 'v*' HEAD^ 2>/dev/null) || {
        echo "make rolling-upgrade: there is no release tag before this commit: say from which commit (BASE=COMMIT)" >&2
        exit 2
    }
fi
commit=$(git rev-parse --verify --short=12 "$BASE^{commit}")
tree=$PWD/artifacts/rolling-upgrade
[ ! -d "$tree" ] || git worktree remove --force "$tree"
git worktree prune
git worktree add -q --detach "$tree" "$commit"
trap 'git worktree remove --force "$tree"' EXIT
version() { sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$1/Directory.Build.props"; }
stamp=$(version "$tree")
[ "$stamp" != "$(version .)" ] || stamp=$stamp-$commit
echo "building $commit as $stamp"
# Not as CI does: the number of the version is in the lock files.
CI='' dotnet build "$tree/build/Run.slnf" -c Release -nologo -v q -clp:ErrorsOnly -p:Version="$stamp" -p:RunAnalyzersDuringBuild=false
OTASK_BASE_PROGRAMS=$tree/artifacts/bin OTASK_BASE_COMMIT=$commit OTASK_UPGRADE_BETWEEN=${OTASK_UPGRADE_BETWEEN:-150} \
    OTASK_COMMIT=$(git rev-parse --short=12 HEAD) OTASK_UPGRADE_EVIDENCE=$PWD/docs/evidence/campaign-rolling-upgrade.json \
    "$programs/System.Tests/release/System.Tests" --no-progress --output Detailed --filter-class '*OrleansRollingUpgradeTests'
