using System.Net.Sockets;
using System.Text;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Supervision;
using OrleansTasks.Worker.Tests.Processes;

namespace OrleansTasks.Worker.Tests.Supervision;

[Collection(nameof(AloneCollection))]
public sealed class SupervisorTests
{
    private const string Tree = """
        setsid -f bash -c 'trap "" TERM HUP; echo hidden $$; while :; do sleep 600; done'
        nohup sleep 600 >/dev/null 2>&1 & echo plain $!
        echo command $$
        wait
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_AgentExits_EndsWithItsCode(bool byDotnet)
    {
        await using var agent = SupervisedAgent.Start(byDotnet, "exit", "42");

        Assert.Equal(42, await agent.ExitAsync());
    }

    /// <summary>systemd believes the main process alone; the agent could not even ask it.</summary>
    [Theory]
    [InlineData("@")]
    [InlineData("/tmp/")]
    public async Task TellReady_UnderSystemd_TheSupervisorTellsIt(string kind)
    {
        var name = $"{kind}otask-notify-{Environment.ProcessId}";
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(name.Replace('@', '\0')));
        try
        {
            await using var agent = SupervisedAgent.StartReady(name);
            await agent.NumberAsync("unnamed");

            var told = new byte[64];
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            var length = await systemd.ReceiveAsync(told, limit.Token);
            Assert.Equal("READY=1", Encoding.UTF8.GetString(told, 0, length));
        }
        finally
        {
            File.Delete(name);
        }
    }

    [Fact]
    public async Task Run_AgentAborts_EndsByTheSameSignal()
    {
        await using var agent = SupervisedAgent.Start("abort");

        // How Process shows a death by SIGABRT.
        Assert.Equal(128 + 6, await agent.ExitAsync());
    }

    [Fact]
    public async Task Run_AgentIsKilled_KillsItsTreesAndLeavesTheMarker()
    {
        await using var agent = SupervisedAgent.Start("run", Tree);
        var agentPid = await agent.NumberAsync("agent");
        var tree = await agent.NumbersAsync("hidden", "plain", "command");
        var before = TimeProvider.System.GetUtcNow();

        agent.Signal(agentPid, "KILL");

        Assert.Equal(128 + 9, await agent.ExitAsync());
        foreach (var pid in tree) Assert.False(Directory.Exists($"/proc/{pid}"), $"process {pid} is still there");
        var marker = DeadMarker.ReadAndClear(agent.Folder);
        Assert.NotNull(marker);
        Assert.Equal("instance \"1\"", marker.Instance);
        Assert.Equal(agentPid, marker.ProcessId);
        Assert.InRange(marker.Time, before, TimeProvider.System.GetUtcNow());
        Assert.Null(DeadMarker.ReadAndClear(agent.Folder));
    }

    [Fact]
    public async Task Run_AgentStandsStill_ItsTreesAreKilledByItsDeadlineAndItGoesOn()
    {
        await using var agent = SupervisedAgent.Start("fenced", "4000", Tree);
        var agentPid = await agent.NumberAsync("agent");
        var tree = await agent.NumbersAsync("hidden", "plain", "command");

        var began = TimeProvider.System.GetTimestamp();
        agent.Signal(agentPid, "STOP");
        // Nobody reaps what a process that stands still has started: it is dead as soon as it is a zombie.
        foreach (var pid in tree) await AssertEndsAsync(pid);
        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, 1, 20);

        agent.Signal(agentPid, "CONT");
        agent.Signal(agentPid, "TERM");
        // Two that wait at once would be one.
        await agent.NumberAsync("asked1");
        agent.Signal(agentPid, "TERM");
        Assert.Equal(9, await agent.ExitAsync());
    }

    [Fact]
    public async Task Run_AgentRenewsItsDeadline_ItsTreesLive()
    {
        // The command runs for more than twice the deadline.
        await using var agent = SupervisedAgent.Start("fenced", "2000", "for i in 1 2 3 4 5 6 7 8 9; do sleep 0.5; done; echo survived 1; sleep 600");

        Assert.Equal(1, await agent.NumberAsync("survived"));
    }

    [Fact]
    public async Task Run_SupervisorIsKilled_AgentKillsItsTreesAndEnds()
    {
        await using var agent = SupervisedAgent.Start("run", Tree);
        var agentPid = await agent.NumberAsync("agent");
        var tree = await agent.NumbersAsync("hidden", "plain", "command");

        agent.Signal(agent.SupervisorPid, "KILL");

        await Gone(agentPid);
        foreach (var pid in tree) Assert.False(Directory.Exists($"/proc/{pid}"), $"process {pid} is still there");
        Assert.Equal(agentPid, DeadMarker.ReadAndClear(agent.Folder)?.ProcessId);
    }

    [Fact]
    public async Task Run_Terminated_HandsEverySignalOn()
    {
        await using var agent = SupervisedAgent.Start("run", "echo command $$; sleep 600");
        await agent.NumberAsync("agent");

        agent.Signal(agent.SupervisorPid, "TERM");
        await agent.NumberAsync("asked1");
        agent.Signal(agent.SupervisorPid, "TERM");
        await agent.NumberAsync("asked2");

        Assert.Equal(9, await agent.ExitAsync());
    }

    /// <summary>As the first process of a container, which becomes the parent of all orphans there.</summary>
    [Fact]
    public async Task Run_AnotherChildEnds_IsReaped()
    {
        await using var agent = SupervisedAgent.StartAsParentOf("sleep 600", "run", "sleep 600");
        var child = await agent.NumberAsync("child");
        await agent.NumberAsync("agent");

        agent.Signal(child, "KILL");

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (File.Exists($"/proc/{child}/stat"))
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, limit.Token);
        agent.Signal(agent.SupervisorPid, "TERM");
        await agent.NumberAsync("asked1");
        agent.Signal(agent.SupervisorPid, "TERM");
        Assert.Equal(9, await agent.ExitAsync());
    }

    [Fact]
    public async Task Run_InATask_IsNotTakenForTheAgent()
    {
        // The variable is inherited, the pipe is not: a supervised program within a supervised one is supervised
        // itself.
        var program = Path.Combine(AppContext.BaseDirectory, "Worker.TestAgent");
        await using var agent = SupervisedAgent.Start("run",
            $"export ORLEANSTASKS_SUPERVISOR=1/3/4; {program} x exit 7; echo inner $?; sleep 600");

        Assert.Equal(7, await agent.NumberAsync("inner"));
    }

    [Fact]
    public void ReadAndClear_MarkerIsDamaged_IsNoMarkerAndGone()
    {
        var folder = Directory.CreateTempSubdirectory("otask-marker").FullName;
        File.WriteAllText(Path.Combine(folder, "dead.json"), "{\"instance\":");

        Assert.Null(DeadMarker.ReadAndClear(folder));

        Assert.Empty(Directory.GetFiles(folder));
        Directory.Delete(folder);
    }

    // Orphaned, it became a child of the test process, which may not have reaped it.
    private static async Task Gone(int pid)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (File.Exists($"/proc/{pid}/stat") && !(await File.ReadAllTextAsync($"/proc/{pid}/stat")).Contains(") Z "))
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, limit.Token);
    }

    private static async Task AssertEndsAsync(int pid)
    {
        for (var i = 0; ProcessStat.TryRead(pid, out var stat) && !stat.IsDead; i++)
        {
            Assert.True(i < 400, $"process {pid} still runs");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
