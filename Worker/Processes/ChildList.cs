using System.Collections.Concurrent;

namespace OrleansTasks.Worker.Processes;

/// <summary>All children of this process that are not commands it started: for the keeper, whose thread alone uses it.</summary>
internal sealed class ChildList
{
    private readonly OrphanList orphans = new();
    private readonly List<int> found = [];

    /// <summary>Whether the last reading had all children: not while a loop is stuck.</summary>
    internal bool IsWhole { get; private set; }

    /// <summary>The children now, valid until the next call.</summary>
    internal List<int> Read(SpawnLoop[] loops, ConcurrentDictionary<int, RunningProcess> commands)
    {
        found.Clear();
        IsWhole = true;
        Add(orphans.Read(), commands);
        foreach (var loop in loops)
        {
            // Not while it starts a command, which is not known yet, or reaps one: entries that go make the kernel skip others.
            if (!loop.TryHoldStarts())
            {
                IsWhole = false;
                continue;
            }
            try
            {
                Add(loop.Children.Read(), commands);
            }
            finally
            {
                loop.StartGate.Exit();
            }
        }
        return found;
    }

    private void Add(List<int> children, ConcurrentDictionary<int, RunningProcess> commands)
    {
        foreach (var pid in children)
            if (!commands.ContainsKey(pid)) found.Add(pid);
    }
}
