using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Limits;

namespace OrleansTasks.Worker.Tests.Processes;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
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

    [Theory]
    [InlineData(1)]
    [InlineData(10_000)]
    [InlineData(100_000)]
    [InlineData(500_000)]
    [Trait("Needs", "cgroups-v1")]
    public async Task Memory_TooLittleForTheProgramAndItsArguments_EndsTheAttemptAlone(long bytes)
    {
        Assert.SkipUnless(CgroupMounts.Own("memory") is not null, "no control groups of version 1 for memory here");
        // The process shares the worker's memory until its program begins.
        var small = Limited("exit 0", new() { MemoryBytes = bytes });
        var large = small with { Arguments = [.. small.Arguments, .. Enumerable.Repeat(new string('x', 100_000), 10)] };

        var outcomes = await Task.WhenAll(fixture.RunAsync(large), fixture.RunAsync(small), fixture.RunAsync("echo lives"));

        Assert.Equal(ProcessEndReason.OutOfMemory, outcomes[0].Reason);
        Assert.Equal("lives\n", HostFixture.Text(outcomes[2].StandardOutput));
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

    [Theory]
    [MemberData(nameof(OddPrograms.Names), MemberType = typeof(OddPrograms))]
    public async Task Limits_ProgramOfAnyKind_EndsAsWithoutThem(string kind)
    {
        var request = OddPrograms.Make(fixture.Root, kind);
        var expected = OddPrograms.Tell(await fixture.RunAsync(request));

        foreach (var limits in EachLimit())
            Assert.Equal((limits, expected), (limits, OddPrograms.Tell(await fixture.RunAsync(request with { Limits = limits }))));
    }

    [Fact]
    public async Task Limits_VariablesOfEveryKind_AreAsGiven()
    {
        var expected = string.Concat(OddPrograms.Variables.Select(static one => $"{one.Key}={one.Value}\0"));
        var request = HostFixture.Shell("") with { Arguments = ["env", "-0"], Environment = OddPrograms.Variables };

        foreach (var limits in EachLimit())
            Assert.Equal((limits, expected), (limits, HostFixture.Text((await fixture.RunAsync(request with { Limits = limits })).StandardOutput)));
    }

    [Fact]
    public async Task Limits_NoVariables_NoneIsAdded()
    {
        var request = HostFixture.Shell("") with { Arguments = ["/usr/bin/env"], Environment = [] };

        foreach (var limits in EachLimit())
            Assert.Equal("", HostFixture.Text((await fixture.RunAsync(request with { Limits = limits })).StandardOutput));
    }

    [Fact]
    public async Task OpenFiles_MoreThanTheWorkerMayAllow_IsAFailureToStart()
    {
        var outcome = await fixture.RunAsync(Limited("exit 0", new() { OpenFiles = int.MaxValue }));

        Assert.Equal(ProcessEndReason.SpawnFailed, outcome.Reason);
        Assert.StartsWith("cannot limit '/bin/sh': this worker cannot allow 2147483647 open files; its own hard limit is ", outcome.Message);
    }

    [Fact]
    public async Task OpenFiles_ManyStartAtOnce_EachHasItsOwn()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(20, 40).Select(
            files => fixture.RunAsync(Limited("ulimit -n; ulimit -Hn", new() { OpenFiles = files }))));

        Assert.Equal(Enumerable.Range(20, 40).Select(static files => $"{files}\n{files}\n"),
            outcomes.Select(static outcome => HostFixture.Text(outcome.StandardOutput)));
    }

    [Fact]
    public async Task Limits_CancelledWhileItStarts_EndsAsCancelled()
    {
        for (var i = 0; i < 20; i++)
        {
            var process = fixture.Host.Start(Limited("sleep 60", new() { OpenFiles = 50, MemoryBytes = 100_000_000 }));
            if (i % 2 == 0) await Task.Yield();
            process.Cancel(TimeSpan.Zero);

            Assert.Equal(ProcessEndReason.Cancelled, (await process.Completion.WaitAsync(TimeSpan.FromSeconds(60))).Reason);
        }
    }

    private IEnumerable<ProcessLimits> EachLimit()
    {
        yield return new() { OpenFiles = 100 };
        yield return new() { MemoryBytes = 1_000_000_000 };
        yield return new() { CpuTime = TimeSpan.FromMinutes(5) };
        if (fixture.Host.EnforcedLimits.Contains("processes")) yield return new() { Processes = 100 };
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
