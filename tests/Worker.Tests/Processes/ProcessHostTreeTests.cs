using System.Globalization;
using OrleansTasks.Tests;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>
/// What commands leave behind. Alone: where the worker may not read whose an orphan is (that takes CAP_SYS_NICE), one that hides its
/// environment lives for as long as any command runs that it may belong to, those of other tests included.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class ProcessHostTreeTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    // Each line prints the process ids of what it leaves behind, and makes the file "up" when they are where they hide.
    public static TheoryData<string> Escapees => new()
    {
        "sleep 600 & echo $!; touch up",
        "nohup sleep 600 >/dev/null 2>&1 & echo $!; touch up",
        "(trap '' TERM HUP INT; echo $BASHPID; touch up; while :; do sleep 600; done) &",
        "setsid sh -c 'echo $$; touch up; sleep 600' &",
        "(setsid sh -c 'echo $$; (sleep 600 >/dev/null 2>&1 & echo $!; touch up)' &)",
        "setsid -f sh -c 'echo $$; touch up; exec sleep 600 >/dev/null 2>&1 </dev/null'",
        "env -i /usr/bin/setsid -f /bin/sh -c 'echo $$; touch up; exec sleep 600 >/dev/null 2>&1'",
        "sleep 600 & echo $!; kill -STOP $!; touch up",
        "set -m; sleep 600 & echo $!; set +m; touch up",
        "setsid -f bash -c 'echo $$; for i in 1 2 3 4; do setsid -f sleep 600; done; touch up; exec sleep 600'",
    };

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private const string WaitUntilUp = "\nuntil [ -e up ]; do sleep 0.01; done; echo ready; ";

    [Theory]
    [MemberData(nameof(Escapees))]
    public async Task Tree_CommandExits_NothingOfItIsLeft(string line)
    {
        var sink = new CollectingSink();
        var outcome = await fixture.RunAsync(HostFixture.Task("") with
        {
            Arguments = ["/bin/bash", "-c", line + WaitUntilUp],
            Output = sink,
        });

        Assert.Equal(ProcessEndReason.Exit, outcome.Reason);
        AssertAllDead(sink.OutputText);
    }

    [Theory]
    [MemberData(nameof(Escapees))]
    public async Task Tree_KilledNow_NothingOfItIsLeft(string line)
    {
        var sink = new CollectingSink();
        var running = fixture.Host.Start(HostFixture.Task("") with
        {
            Arguments = ["/bin/bash", "-c", line + WaitUntilUp + "exec sleep 600"],
            Output = sink,
        });
        await sink.SeesAsync("ready");

        running.KillNow();
        var outcome = await running.Completion.WaitAsync(Patience);

        Assert.Equal(ProcessEndReason.Killed, outcome.Reason);
        Assert.Equal("SIGKILL", outcome.Signal);
        AssertAllDead(sink.OutputText);
    }

    [Fact]
    public async Task Timeout_TreeHonoursTerm_EndsWithinTheGrace()
    {
        var time = new ManualTime();
        await using var host = HostIn(time);
        var sink = new CollectingSink();
        var running = host.Start(HostFixture.Task("") with
        {
            Arguments = ["/bin/bash", "-c", "trap 'echo bye; exit 5' TERM; echo ready; sleep 600 & wait"],
            Timeout = TimeSpan.FromMilliseconds(300),
            KillGrace = TimeSpan.FromSeconds(30),
            Output = sink,
        });
        await sink.SeesAsync("ready");

        time.Advance(TimeSpan.FromMilliseconds(300));
        var outcome = await running.Completion.WaitAsync(Patience);

        Assert.Equal(ProcessEndReason.Timeout, outcome.Reason);
        Assert.Equal(5, outcome.ExitCode);
        Assert.Equal("ready\nbye\n", HostFixture.Text(outcome.StandardOutput));
    }

    [Fact]
    public async Task Timeout_TreeIgnoresTerm_IsKilledAfterTheGrace()
    {
        var time = new ManualTime();
        await using var host = HostIn(time);
        var sink = new CollectingSink();
        var running = host.Start(HostFixture.Task("") with
        {
            Arguments =
            [
                "/bin/bash", "-c",
                "trap '' TERM; echo $$; setsid sh -c 'trap \"\" TERM; echo $$; echo ready; sleep 600' & while read x; do echo $x; done; wait",
            ],
            Timeout = TimeSpan.FromMilliseconds(300),
            KillGrace = TimeSpan.FromMilliseconds(200),
            KeepsInputOpen = true,
            Output = sink,
        });
        await sink.SeesAsync("ready");

        time.Advance(TimeSpan.FromMilliseconds(300));
        time.Advance(TimeSpan.FromMilliseconds(199));
        await running.WriteInputAsync("lives\n"u8.ToArray());
        await sink.SeesAsync("lives");
        time.Advance(TimeSpan.FromMilliseconds(1));
        var outcome = await running.Completion.WaitAsync(Patience);

        Assert.Equal(ProcessEndReason.Timeout, outcome.Reason);
        Assert.Equal("SIGKILL", outcome.Signal);
        Assert.Equal(TimeSpan.FromMilliseconds(500), outcome.EndedAt - outcome.StartedAt);
        AssertAllDead(sink.OutputText);
    }

    [Fact]
    public async Task Cancel_TermReachesOtherSessionsToo()
    {
        var sink = new CollectingSink();
        var running = fixture.Host.Start(HostFixture.Task("") with
        {
            Arguments = ["/bin/bash", "-c", """
                setsid bash -c 'trap "echo inner; exit" TERM; echo up; while :; do sleep 0.05; done' &
                trap 'wait; echo outer; exit' TERM; echo ready; wait
                """],
            Output = sink,
        });
        await sink.SeesAsync("up");
        await sink.SeesAsync("ready");

        running.Cancel(TimeSpan.FromSeconds(30));
        var outcome = await running.Completion.WaitAsync(Patience);

        Assert.Equal(ProcessEndReason.Cancelled, outcome.Reason);
        Assert.Contains("inner\n", sink.OutputText);
        Assert.EndsWith("outer\n", sink.OutputText);
    }

    [Fact]
    public async Task Cancel_CommandIsStopped_EndsAllTheSame()
    {
        var sink = new CollectingSink();
        var running = fixture.Host.Start(HostFixture.Task("echo ready; kill -STOP $$; sleep 600") with
        {
            Output = sink,
        });
        await sink.SeesAsync("ready");

        running.Cancel(TimeSpan.FromSeconds(30));
        var outcome = await running.Completion.WaitAsync(Patience);

        Assert.Equal(ProcessEndReason.Cancelled, outcome.Reason);
        Assert.Equal("SIGTERM", outcome.Signal);
    }

    [Fact]
    public async Task Cancel_WithoutGrace_KillsAtOnce()
    {
        var sink = new CollectingSink();
        var running = fixture.Host.Start(HostFixture.Task("trap '' TERM; echo ready; while :; do sleep 60; done") with
        {
            Output = sink,
        });
        await sink.SeesAsync("ready");
        running.Cancel(TimeSpan.FromHours(1));

        running.Cancel(TimeSpan.Zero);

        Assert.Equal("SIGKILL", (await running.Completion.WaitAsync(Patience)).Signal);
    }

    [Fact]
    public async Task Tree_AnotherTaskRuns_ItsEscapeesLiveOn()
    {
        var sink = new CollectingSink();
        var line = "setsid -f sh -c 'echo $$; touch up; exec sleep 600 >/dev/null 2>&1'; (sleep 601 & echo $!)";
        var other = fixture.Host.Start(HostFixture.Task(line + WaitUntilUp + "exec sleep 602") with { Output = sink });
        await sink.SeesAsync("ready");

        for (var i = 0; i < 20; i++) await fixture.RunAsync(HostFixture.Task("sleep 600 & setsid -f sleep 600"));

        foreach (var pid in Pids(sink.OutputText)) Assert.True(IsAlive(pid), $"{pid} of the running task was killed");
        other.KillNow();
        await other.Completion;
        AssertAllDead(sink.OutputText);
    }

    [Fact]
    public async Task Output_DaemonHoldsThePipe_EndIsNotWaitedFor()
    {
        var outcome = await fixture.RunAsync(HostFixture.Task(
            "echo before; setsid -f sh -c 'echo x; touch up; while :; do echo x; done'" + WaitUntilUp));

        Assert.Equal(ProcessEndReason.Exit, outcome.Reason);
        Assert.StartsWith("before\n", HostFixture.Text(outcome.StandardOutput));
    }

    /// <summary>A host whose time goes on as it is told: a slow machine's command is where it must be when its time is up.</summary>
    private ProcessHost HostIn(ManualTime time) => new(new() { WorkFolderRoot = fixture.Root, SpawnThreads = 1 }, time);

    private static void AssertAllDead(string output)
    {
        Assert.NotEmpty(Pids(output));
        foreach (var pid in Pids(output)) Assert.False(IsAlive(pid), $"process {pid} is still there: {output}");
    }

    private static int[] Pids(string output) => output.Split('\n')
        .Where(static line => int.TryParse(line, out _))
        .Select(static line => int.Parse(line, CultureInfo.InvariantCulture)).ToArray();

    private static bool IsAlive(int pid) => Directory.Exists($"/proc/{pid}");
}
