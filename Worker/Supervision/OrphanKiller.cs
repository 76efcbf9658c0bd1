using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// Kills all children of this process, and the orphans that this makes its children, until there are none.
/// </summary>
internal static unsafe class OrphanKiller
{
    /// <summary>
    /// Kills the children. Returns true when none is left, or false if some may not be killed because they changed
    /// their user.
    /// </summary>
    internal static bool KillAll()
    {
        using var list = new OrphanList();
        var refused = new HashSet<int>();
        while (true)
        {
            ReapDead();
            var children = list.Read();
            var killed = false;
            foreach (var child in children)
            {
                if (refused.Contains(child)) continue;
                var descendants = new List<ProcessStat>();
                ProcessTree.AddDescendants(child, descendants);
                if (Libc.kill(child, Libc.SIGKILL) < 0 && Libc.LastError == Libc.EPERM) refused.Add(child);
                else killed = true;
                foreach (var descendant in descendants) _ = ProcessTree.Signal(descendant, Libc.SIGKILL);
            }
            if (!killed) return refused.Count == 0;
            _ = Libc.wait4(-1, null, Libc.WALL, null);
        }
    }

    private static void ReapDead()
    {
        while (Libc.wait4(-1, null, Libc.WNOHANG | Libc.WALL, null) > 0) { }
    }
}
