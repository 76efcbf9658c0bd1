using System.Globalization;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Finds the descendants of a process, at a cost that depends on their number and not on the machine's processes.
/// </summary>
internal static class ProcessTree
{
    // A kernel without CONFIG_PROC_CHILDREN has no such files.
    private static readonly bool HasChildrenFiles = File.Exists("/proc/thread-self/children");

    /// <summary>
    /// Adds all living descendants of a process to <paramref name="found"/>, parents before their children.
    /// </summary>
    internal static void AddDescendants(int root, List<ProcessStat> found)
    {
        var next = new Queue<int>([root]);
        var seen = new HashSet<int> { root };
        var children = new List<int>();
        while (next.TryDequeue(out var parent))
        {
            children.Clear();
            if (HasChildrenFiles) ChildrenOf(parent, children);
            else ChildrenByScan(parent, children);
            foreach (var child in children)
            {
                if (!seen.Add(child) || !ProcessStat.TryRead(child, out var stat)) continue;
                found.Add(stat);
                next.Enqueue(child);
            }
        }
    }

    /// <summary>
    /// Signals exactly this process, or none if it has ended. Returns false if this process may not signal it.
    /// </summary>
    internal static bool Signal(in ProcessStat stat, int signal)
    {
        var descriptor = Libc.OpenProcess(stat.Pid);
        if (descriptor < 0) return true;
        var allowed = true;
        // The id may have been reused since.
        // The descriptor refers to one process for good; the start time says whether it is the right one.
        if (ProcessStat.TryRead(stat.Pid, out var now) && now.StartTime == stat.StartTime && !now.IsDead)
            allowed = Libc.SignalProcess(descriptor, signal) == 0 || Libc.LastError != Libc.EPERM;
        _ = Libc.close(descriptor);
        return allowed;
    }

    /// <summary>Adds the children of a process, found by examining every process of the machine.</summary>
    internal static void ChildrenByScan(int parent, List<int> children)
    {
        foreach (var stat in All())
            if (stat.Parent == parent) children.Add(stat.Pid);
    }

    /// <summary>Reads every process of the machine.</summary>
    internal static IEnumerable<ProcessStat> All()
    {
        foreach (var path in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && ProcessStat.TryRead(pid, out var stat)) yield return stat;
    }

    private static void ChildrenOf(int parent, List<int> children)
    {
        try
        {
            foreach (var thread in Directory.EnumerateDirectories($"/proc/{parent}/task"))
            {
                var words = File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
                foreach (var word in words)
                    children.Add(int.Parse(word, CultureInfo.InvariantCulture));
            }
        }
        catch (IOException)
        {
            // The process ended while its list was read. Its children are now orphans, and are found in the list of
            // orphans.
        }
        catch (UnauthorizedAccessException)
        {
            // The process ended, which the system reports here as a different error.
        }
    }
}
