using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Limits;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>Commands that run only on some of the machine's cores.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ProcessHostCoreTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private const string Allowed = "sed -n 's/Cpus_allowed_list:\\t//p' /proc/self/status";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cores_OfACommand_AreAllThatItsProcessesSee(bool withGroups)
    {
        await using var other = withGroups ? null : fixture.HostWithoutGroups();
        var last = CoreAffinity.Own()[^1];

        // What a command starts, and what leaves its session, has the same cores.
        var outcome = await (other ?? fixture.Host).Start(Pinned($"nproc; {Allowed}; setsid sh -c \"{Allowed}\"", last))
            .Completion.WaitAsync(Patience);

        Assert.Equal($"1\n{last}\n{last}\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    [Trait("Needs", "cgroups-v1")]
    public async Task Cores_WithControlGroups_CannotBeLeft()
    {
        Assert.SkipUnless(CpuSets.Find(null) is { } found && Removed(found), "no control groups for cores here");
        var own = CoreAffinity.Own();
        Assert.SkipUnless(own.Length > 1, "this machine has one core");

        var outcome = await fixture.Host.Start(Pinned($"taskset -pc {own[^1]} $$; taskset -c {CpuSets.TextOf(own)} {Allowed}", own[0]))
            .Completion.WaitAsync(Patience);

        Assert.Equal($"{own[0]}", HostFixture.Text(outcome.StandardOutput).Split('\n')[^2]);
        Assert.Contains("failed to set", HostFixture.Text(outcome.StandardError), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cores_WithoutControlGroups_AProcessCanGiveItselfOthers()
    {
        await using var host = fixture.HostWithoutGroups();
        var own = CoreAffinity.Own();

        var outcome = await host.Start(Pinned($"taskset -c {own[0]} {Allowed}", own[^1])).Completion.WaitAsync(Patience);

        Assert.Equal($"{own[0]}\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    public async Task Cores_ThatTheMachineLacks_FailTheStart()
    {
        await using var host = fixture.HostWithoutGroups();

        var outcome = await host.Start(Pinned("true", CoreAffinity.Most - 1)).Completion.WaitAsync(Patience);

        Assert.Equal(ProcessEndReason.SpawnFailed, outcome.Reason);
        Assert.Contains($"it cannot run on the cores {CoreAffinity.Most - 1}", outcome.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NextCommand_WithoutCores_HasAllOfThem()
    {
        Assert.Equal(0, (await fixture.Host.Start(Pinned("true", CoreAffinity.Own()[0])).Completion.WaitAsync(Patience)).ExitCode);

        var outcome = await fixture.Host.Start(HostFixture.Task("nproc")).Completion.WaitAsync(Patience);

        Assert.Equal($"{CoreAffinity.Own().Length}\n", HostFixture.Text(outcome.StandardOutput));
    }

    private static StartRequest Pinned(string line, params int[] cores) =>
        HostFixture.Task(line) with { Limits = new() { Cores = cores } };

    private static bool Removed(CgroupHierarchy hierarchy)
    {
        hierarchy.Remove();
        return true;
    }
}
