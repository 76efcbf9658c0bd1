using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Limits;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>Shares of a processor, as the kernel divides it among commands that all want it.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ProcessHostWeightTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private const int SharesOfOne = 1024;
    private const long EnoughTicks = 300;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    [Trait("Needs", "cgroups-v1")]
    public async Task CpuShares_TwoCommandsWantOneCore_GetItInThatProportion()
    {
        Assert.SkipUnless(CpuWeight.Find(null) is { } found && Removed(found), "no control groups of version 1 for shares here");
        var (large, small) = (Start(3 * SharesOfOne), Start(SharesOfOne));
        try
        {
            await Burns(large);
            await Burns(small);
            var (largeBefore, smallBefore) = (TicksOf(large), TicksOf(small));
            long largeTicks = 0, smallTicks = 0;
            Assert.True(SpinWait.SpinUntil(() =>
            {
                (largeTicks, smallTicks) = (TicksOf(large) - largeBefore, TicksOf(small) - smallBefore);
                return largeTicks + smallTicks >= EnoughTicks;
            }, Patience), "They got no processor.");

            Assert.InRange((double)largeTicks / Math.Max(1, smallTicks), 2.4, 3.8);
        }
        finally
        {
            foreach (var process in (IRunningProcess[])[large, small])
            {
                process.Cancel(TimeSpan.Zero);
                Assert.Equal(ProcessEndReason.Cancelled, (await process.Completion.WaitAsync(Patience)).Reason);
            }
        }
    }

    [Fact]
    public async Task CpuShares_MachineHasNoGroupsForThem_ChangesNothing()
    {
        await using var host = fixture.HostWithoutGroups();

        var outcome = await host.Start(HostFixture.Task("exit 3") with { Limits = new() { CpuShares = 512 } })
            .Completion.WaitAsync(Patience);

        Assert.Equal((ProcessEndReason.Exit, 3), (outcome.Reason, outcome.ExitCode!.Value));
    }

    [Theory]
    [InlineData(1024, true, "100")]
    [InlineData(3072, true, "300")]
    [InlineData(2, true, "1")]
    [InlineData(262_144, true, "10000")]
    [InlineData(3072, false, "3072")]
    public void TextOf_Shares_AreWhatTheVersionCountsIn(int shares, bool isUnified, string expected) =>
        Assert.Equal(expected, CpuWeight.TextOf(shares, isUnified));

    private static bool Removed(CgroupHierarchy hierarchy)
    {
        hierarchy.Remove();
        return true;
    }

    private IRunningProcess Start(int shares) => fixture.Host.Start(
        HostFixture.Task("exec taskset -c 0 sh -c 'while :; do :; done'") with { Limits = new() { CpuShares = shares } });

    // The first ticks are those of the programs before the loop.
    private static Task Burns(IRunningProcess process) => Task.Run(() => Assert.True(
        SpinWait.SpinUntil(() => TicksOf(process) > 5, Patience), "It does not run."));

    private static long TicksOf(IRunningProcess process) =>
        process.ProcessId != 0 && ProcessStat.TryRead(process.ProcessId, out var stat) ? stat.CpuTicks : 0;
}
