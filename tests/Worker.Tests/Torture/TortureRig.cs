using System.Globalization;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Tests.Agent;

namespace OrleansTasks.Worker.Tests.Torture;

/// <summary>An agent with one slot that runs one hostile tree.</summary>
internal sealed class TortureRig : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly HashSet<string> before = Remains.Before();
    private readonly string ready;

    private TortureRig(HostileTree tree)
    {
        Tree = tree;
        Agent = new AgentFixture(static options =>
        {
            options.Slots = 1;
            options.SlotWait = Patience;
            options.Drain = TimeSpan.Zero;
        });
        ready = Path.Combine(Agent.Folder, "ready");
        Start = Agent.Shell("");
        // No other test process of this machine has the same.
        Start.Lease.TaskId = $"torture-{Guid.NewGuid():N}";
    }

    public HostileTree Tree { get; }

    public AgentFixture Agent { get; }

    public ScriptedMaster Master => Agent.Master;

    public Start Start { get; }

    public static async Task<TortureRig> Started(string name, bool endsByItself, Action<Start>? change = null)
    {
        var rig = new TortureRig(HostileTree.Named(name));
        rig.Tree.Fill(rig.Start, rig.ready, endsByItself);
        change?.Invoke(rig.Start);
        await rig.Agent.Started();
        rig.Master.Send(rig.Start);
        return rig;
    }

    /// <summary>
    /// Whether this machine has nothing to hold the tree by; then it must be refused, which a node that says so in time is never
    /// asked to do.
    /// </summary>
    public async Task<bool> IsRefusedAsync()
    {
        if (!Tree.LimitsProcesses || Agent.Enforces("processes")) return false;
        Assert.Equal(Result.Types.Reason.SpawnFailed, (await EndAsync()).Reason);
        AssertNothingIsLeft();
        return true;
    }

    public Task ReadyAsync() => Agent.WaitForFile(ready).WaitAsync(Patience);

    public Task<Result> EndAsync() => Master.NextResult().WaitAsync(Patience);

    public void AssertNothingIsLeft()
    {
        var left = Remains.Of(before, Start.Lease.TaskId, []);
        Assert.True(left.Count == 0, $"{Tree.Name} has left {left.Count}: {string.Join("; ", left.Take(8))}");
        foreach (var folder in Directory.GetDirectories(Path.Combine(Agent.Folder, "work")))
            Assert.True(!Directory.EnumerateFileSystemEntries(folder).Any(),
                string.Create(CultureInfo.InvariantCulture, $"{Tree.Name} has left its working folder {folder}"));
    }

    public ValueTask DisposeAsync() => Agent.DisposeAsync();
}
