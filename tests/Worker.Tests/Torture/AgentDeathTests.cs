using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Supervision;
using OrleansTasks.Worker.Tests.Agent;
using OrleansTasks.Worker.Tests.Files;
using OrleansTasks.Worker.Tests.Processes;
using OrleansTasks.Worker.Tests.Supervision;

namespace OrleansTasks.Worker.Tests.Torture;

/// <summary>All hostile trees at once, when the agent itself is lost or killed: nothing of them is left.</summary>
[Collection(nameof(AloneCollection))]
public sealed class AgentDeathTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly string folder = Directory.CreateTempSubdirectory("torture-").FullName;
    private readonly string mark = $"torture-{Guid.NewGuid():N}";
    private readonly HashSet<string> before = Remains.Before();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lease_Lapses_NothingIsLeft()
    {
        var trees = HostileTree.All.Where(static tree => !tree.HasLimits).ToArray();
        await using var agent = new AgentFixture(options =>
        {
            options.Slots = trees.Length;
            options.CallTimeout = TimeSpan.FromSeconds(1);
        });
        agent.Master.LeaseMs = 6_000;
        agent.Master.HeartbeatMs = 250;
        await agent.Started();
        for (var i = 0; i < trees.Length; i++)
        {
            var start = agent.Shell("");
            start.Lease.TaskId = $"{mark}-{i}";
            trees[i].Fill(start, Ready(trees[i]), endsByItself: false);
            agent.Master.Send(start);
        }

        foreach (var tree in trees) await agent.WaitForFile(Ready(tree)).WaitAsync(Patience);
        agent.Master.OnStatus = static _ => throw new IOException("no route");

        var ended = 0;
        while (ended < trees.Length)
        {
            var told = await agent.Master.Told.ReadAsync(Cancellation).AsTask().WaitAsync(Patience);
            Assert.All(told.Results, static result => Assert.Contains(
                result.Reason, new[] { Result.Types.Reason.NodeLost, Result.Types.Reason.Signal }));
            ended += told.Results.Count;
        }

        await AssertNothingIsLeft();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task KillMinusNine_OfAgentOrSupervisor_NothingIsLeftAndTheMarkerSaysSo(bool supervisor)
    {
        var trees = HostileTree.All.Where(static tree => !tree.HasLimits).ToArray();
        var lines = trees.Select((tree, i) => string.Join(' ',
        [
            "exec env", $"TASK_ID={mark}-{i}", "TASK_ATTEMPT=1",
            .. HostileTree.Environment(Ready(tree), endsByItself: false).Select(static pair => $"{pair.Key}='{pair.Value}'"),
            .. tree.Arguments,
        ]));
        var file = Path.Combine(folder, "lines");
        await File.WriteAllLinesAsync(file, lines, Cancellation);
        await using var agent = SupervisedAgent.Start("many", file);
        var pid = await agent.NumberAsync("agent");
        foreach (var tree in trees) await WrittenFile.IsThere(Ready(tree)).WaitAsync(Patience);
        // What no agent gets to removing is there in any case: an earlier one's folder, besides those of the trees.
        var work = Path.Combine(agent.Folder, "work");
        Assert.NotEmpty(Directory.EnumerateDirectories(work));
        var earlier = Directory.CreateDirectory(Path.Combine(work, "attempt-0-0"));
        await File.WriteAllTextAsync(Path.Combine(earlier.FullName, "file"), "left", Cancellation);

        agent.Signal(supervisor ? agent.SupervisorPid : pid, "KILL");

        await agent.ExitAsync();
        if (supervisor) await Gone(pid);
        Assert.Equal(pid, DeadMarker.ReadAndClear(agent.Folder)?.ProcessId);
        await AssertNothingIsLeft(pid);
        // The working folders are removed by the worker's next start. An agent that outlives its supervisor may have
        // removed its own already; one that was killed has not.
        Assert.True(Directory.GetDirectories(work).Length >= (supervisor ? 1 : 2), "the folders are left");
        await new ProcessHost(new() { WorkFolderRoot = work }, TimeProvider.System).DisposeAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(work));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Ready(HostileTree tree) => Path.Combine(folder, tree.Name);

    /// <summary>Nothing lives. What is dead and only waits to be reaped may do so for a while: this process is its parent.</summary>
    private async Task AssertNothingIsLeft(params int[] except)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            var left = Remains.Of(before, mark, []).Where(text => !except.Any(pid => text.StartsWith($"{pid} ", StringComparison.Ordinal)))
                .ToArray();
            if (left.Length == 0)
                return;
            Assert.True(
                left.All(static text => text.Contains(" state Z ", StringComparison.Ordinal)) && !limit.IsCancellationRequested,
                $"{left.Length} processes are left: {string.Join("; ", left.Take(8))}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }
    }

    // Orphaned, it became a child of the test process, which may not have reaped it.
    private static async Task Gone(int pid)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (File.Exists($"/proc/{pid}/stat") && !(await File.ReadAllTextAsync($"/proc/{pid}/stat")).Contains(") Z "))
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, limit.Token);
    }
}
