using System.Collections.Concurrent;

namespace OrleansTasks.Worker.Processes;

/// <summary>Lists the children of this process that are not its commands. Used only by the keeper's thread.</summary>
internal sealed class ChildList
{
    private readonly OrphanList orphans = new();
    private readonly List<int> found = [];

    /// <summary>Whether the last list was complete. It is not while a loop is stuck.</summary>
    internal bool IsWhole { get; private set; }

    /// <summary>Returns the current children; valid until the next call.</summary>
    internal List<int> Read(SpawnLoop[] loops, ConcurrentDictionary<int, RunningProcess> commands)
    {
        found.Clear();
        IsWhole = true;
        Add(TreeKeeper.Shared.ReadFirst(orphans), commands);
        foreach (var loop in loops)
        {
            // The loop must be neither starting a command, which is not known yet, nor reaping one:
            // a child that is removed from the list while it is read makes the kernel skip others.
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
