using System.Collections.Concurrent;

namespace OrleansTasks.Worker.Processes;

/// <summary>All children of this process that are not commands it started: for the keeper, whose thread alone uses it.</summary>
internal sealed class ChildList
{
    private readonly OrphanList orphans = new();
    private readonly List<int> found = [];

    /// <summary>The children now, valid until the next call.</summary>
    internal List<int> Read(SpawnLoop[] loops, ConcurrentDictionary<int, RunningProcess> commands)
    {
        found.Clear();
        Add(orphans.Read(), commands);
        foreach (var loop in loops)
        {
            // Not while it starts a command, which is not known yet, or reaps one: entries that go make the kernel skip others.
            lock (loop.StartGate) Add(loop.Children.Read(), commands);
        }
        return found;
    }

    private void Add(List<int> children, ConcurrentDictionary<int, RunningProcess> commands)
    {
        foreach (var pid in children)
            if (!commands.ContainsKey(pid)) found.Add(pid);
    }
}
