#!/bin/sh
# Proves the simulator's package: makes a test project in a scratch folder, as samples/simulation/README.md does, and runs the sample's
# tests, one of which must find the planted mistake. Then the package's analyzer must name each line that leaves virtual time. KEEP=1 takes
# the package that is built.
set -eu
cd "$(dirname "$0")/.."
. build/version.sh
. build/dotnet-root.sh
work=$(mktemp -d /var/tmp/otask-simulation-XXXXXX)
trap 'status=$?; [ $status = 0 ] || tail -n 20 "$work"/*.log >&2; rm -rf "$work"; exit $status' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

[ -n "${KEEP:-}" ] && [ -e "artifacts/nuget/OrleansTasks.Simulation.$version.nupkg" ] || make -s nuget-simulation > "$work/pack.log"
# No cache of packages may give an older one of the same version.
export NUGET_PACKAGES="$work/packages"
repository=$PWD
cd "$work"
dotnet new xunit -o BankTests --no-restore > new.log
cd BankTests
rm -f UnitTest1.cs
dotnet new nugetconfig > ../config.log
dotnet nuget add source "$repository/artifacts/nuget" --name simulation --configfile nuget.config > ../source.log
dotnet add package OrleansTasks.Simulation --version "$version" > ../add.log || fail "the package cannot be added"
cp "$repository"/samples/simulation/*.cs .
dotnet build -nologo -v q -warnaserror > ../build.log || fail "the sample does not compile without warnings"
dotnet test --no-build > ../test.log && fail "no test has found the planted mistake"
grep -q 'Repeat it: dotnet test -e SIMULATION_SEED=' ../test.log || fail "the test that failed names no seed"
grep -qE 'Failed: +1, Passed: +1,' ../test.log || fail "not one test failed and one passed"
echo "the sample's tests ran: a seed finds the planted mistake"

cat > Escapes.cs <<'END'
using System;
using System.Threading;
using System.Threading.Tasks;

public sealed class Escapes
{
    public object Now() => DateTime.UtcNow;
    public object Later() => DateTimeOffset.Now;
    public Task Elsewhere() => Task.Run(static () => { });
    public Task<int> ElsewhereWithAnswer() => Task.Run(static () => 1);
    public void Asleep() => Thread.Sleep(1);
    public Task Delayed() => Task.Delay(1);
    public object New() => Guid.NewGuid();
    public int Chance() => Random.Shared.Next();
    public Task Allowed(TimeProvider time) => Task.Delay(TimeSpan.FromSeconds(1), time);
}
END
dotnet build -nologo -v q > ../escapes.log || fail "warnings are errors"
for line in 7 8 9 10 11 12 13 14; do
    grep -q "Escapes.cs($line,.*warning RS0030" ../escapes.log || fail "the analyzer does not find line $line: $(sed -n ${line}p Escapes.cs)"
done
! grep -q 'Escapes.cs(15,' ../escapes.log || fail "the analyzer finds a delay with a TimeProvider"
dotnet build -nologo -v q -warnaserror -p:SimulationFindsEscapes=false > ../off.log || fail "SimulationFindsEscapes=false does not switch the analyzer off"
echo "the analyzer names what leaves virtual time"
