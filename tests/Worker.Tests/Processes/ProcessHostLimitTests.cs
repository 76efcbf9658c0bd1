using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Limits;

namespace OrleansTasks.Worker.Tests.Processes;

public sealed class ProcessHostLimitTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    // Until it is killed, so that it is seen however late somebody looks; then the shell goes on.
    private const string TakesMemory =
        "{ head -c 200000000 /dev/zero; while head -c 1000 /dev/zero; do sleep 0.1; done; } | tail -c 200000000 | wc -c; ";
    private const string BurnsTime = "setsid -f sh -c 'while :; do :; done'; while :; do :; done";

    private static StartRequest Limited(string line, ProcessLimits limits) =>
        HostFixture.Task(line) with { Limits = limits };

    [Fact]
    public async Task Memory_ChildTakesTooMuch_EndsTheTreeAsOutOfMemory()
    {
        var outcome = await fixture.RunAsync(Limited(
            TakesMemory + "sleep 60; exit 0", new() { MemoryBytes = 40_000_000 }));

        Assert.Equal(ProcessEndReason.OutOfMemory, outcome.Reason);
    }

    [Fact]
    public async Task Memory_ShellExitsWellAfterwards_IsOutOfMemoryAllTheSame()
    {
        var outcome = await fixture.RunAsync(Limited(
            TakesMemory + "exit 0", new() { MemoryBytes = 40_000_000 }));

        Assert.Equal(ProcessEndReason.OutOfMemory, outcome.Reason);
    }

    [Fact]
    public async Task Memory_WithinTheLimit_ChangesNothing()
    {
        var outcome = await fixture.RunAsync(Limited("echo fine; exit 3", new() { MemoryBytes = 100_000_000 }));

        Assert.Equal((ProcessEndReason.Exit, 3), (outcome.Reason, outcome.ExitCode!.Value));
        Assert.Equal("fine\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    [Trait("Needs", "cgroups-v1")]
    public async Task Memory_ControlGroupLimitsIt_ItsPeakIsTold()
    {
        // Those of version 2, which old kernels tell no peak of, are UnifiedGroupTests' matter.
        Assert.SkipUnless(CgroupMounts.Own("memory") is not null, "no control groups of version 1 for memory here");

        var outcome = await fixture.RunAsync(Limited(
            "head -c 20000000 /dev/zero | tr '\\0' a | tail -n 1 > /dev/null", new() { MemoryBytes = 100_000_000 }));

        Assert.Equal(ProcessEndReason.Exit, outcome.Reason);
        Assert.InRange(outcome.MaxResidentBytes ?? 0, 20_000_000, 100_000_000);
    }

    [Fact]
    public async Task CpuTime_TreeBurnsMore_IsKilled()
    {
        var outcome = await fixture.RunAsync(Limited(
            BurnsTime, new() { CpuTime = TimeSpan.FromMilliseconds(300) }));

        Assert.Equal(ProcessEndReason.CpuTime, outcome.Reason);
        Assert.InRange(outcome.CpuTime, TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task CpuTime_Sleeping_IsNotUsed()
    {
        var outcome = await fixture.RunAsync(Limited("sleep 0.5", new() { CpuTime = TimeSpan.FromMilliseconds(300) }));

        Assert.Equal(ProcessEndReason.Exit, outcome.Reason);
    }

    [Fact]
    public async Task OpenFiles_MoreAreOpened_TheOpenFails()
    {
        var outcome = await fixture.RunAsync(Limited("ulimit -n; ulimit -Hn", new() { OpenFiles = 17 }));

        Assert.Equal("17\n17\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    public async Task Limits_NoControlGroups_AreHeldByWatching()
    {
        await using var host = fixture.HostWithoutGroups();

        var memory = host.Start(Limited(TakesMemory + "sleep 60; exit 0", new() { MemoryBytes = 40_000_000 }));
        var time = host.Start(Limited(BurnsTime, new() { CpuTime = TimeSpan.FromMilliseconds(300) }));

        var outcome = await memory.Completion;
        Assert.Equal(ProcessEndReason.OutOfMemory, outcome.Reason);
        Assert.InRange(outcome.MaxResidentBytes ?? 0, 40_000_001, 400_000_000);
        Assert.Equal(ProcessEndReason.CpuTime, (await time.Completion).Reason);
        Assert.DoesNotContain("processes", host.EnforcedLimits);
    }

    [Fact]
    public async Task Limits_ProcessesWithoutControlGroups_IsAFailureToStart()
    {
        await using var host = fixture.HostWithoutGroups();

        var outcome = await host.Start(Limited("exit 0", new() { Processes = 5 })).Completion;

        Assert.Equal(ProcessEndReason.SpawnFailed, outcome.Reason);
        Assert.Equal("cannot limit '/bin/sh': this node cannot limit the number of processes", outcome.Message);
    }

    [Fact]
    [Trait("Needs", "process-limits")]
    public async Task Processes_MoreAreForked_TheForkFails()
    {
        Assert.SkipUnless(fixture.Host.EnforcedLimits.Contains("processes"), "no control group for processes here");

        var outcome = await fixture.RunAsync(Limited(
            "for i in 1 2 3 4 5 6 7 8; do sleep 60 & done; echo all", new() { Processes = 5 }));

        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("ork", HostFixture.Text(outcome.StandardError));
    }

    [Theory]
    [Trait("Needs", "process-limits")]
    [InlineData("b() { b | b & }; b; sleep 60")]
    [InlineData("printf '#!/bin/bash\\nwhile :; do setsid -f $0; done\\n' >b; chmod +x b; $PWD/b & sleep 60")]
    public async Task Processes_ForksWhileItIsKilled_NothingIsLeft(string bomb)
    {
        Assert.SkipUnless(fixture.Host.EnforcedLimits.Contains("processes"), "no control group for processes here");

        var request = Limited("", new() { Processes = 100 }) with
        {
            Arguments = ["/bin/bash", "-c", bomb],
            Timeout = TimeSpan.FromMilliseconds(300),
            KillGrace = TimeSpan.Zero,
        };

        var outcome = await fixture.RunAsync(request);

        Assert.Equal(ProcessEndReason.Timeout, outcome.Reason);
        Assert.Equal(0, Marked(request.Environment.First(static variable => variable.Key == "TASK_ID").Value));
    }

    [Fact]
    public async Task Limits_ProgramIsMissing_IsStillAFailureToStart()
    {
        var outcome = await fixture.RunAsync(Limited("", new() { OpenFiles = 17 }) with
        {
            Arguments = ["no-such-program"],
        });

        Assert.Equal(ProcessEndReason.SpawnFailed, outcome.Reason);
        Assert.Equal("cannot start 'no-such-program': No such file or directory", outcome.Message);
    }

    [Fact]
    public async Task Limits_Set_EnvironmentAndArgumentsAreStillExact()
    {
        var outcome = await fixture.RunAsync(Limited("", new() { OpenFiles = 17, CpuTime = TimeSpan.MaxValue }) with
        {
            Arguments = ["/bin/sh", "-c", "printf '%s|' \"$@\"; env | grep PATH", "sh", "a b", "", "$c"],
            Environment = new Dictionary<string, string> { ["PATH"] = "/bin:/usr/bin" },
        });

        Assert.Equal("a b||$c|PATH=/bin:/usr/bin\n", HostFixture.Text(outcome.StandardOutput));
    }

    private static int Marked(string task) => Directory.EnumerateDirectories("/proc").Count(folder =>
    {
        try
        {
            return File.ReadAllText(folder + "/environ").Contains($"TASK_ID={task}\0", StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    });
}
