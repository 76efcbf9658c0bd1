namespace OrleansTasks.Worker.Resources;

/// <summary>
/// The cores of this machine that attempts can have to themselves, by the kernel's numbers, and which of them are free.
/// The worker chooses them, because only the worker knows when the processes on one are dead. Not thread-safe; the
/// agent calls it under its gate.
/// </summary>
/// <remarks>
/// A worker offers no more <c>cpu</c> than it has cores here, and the service reserves no more than it offers. An
/// attempt has whole cores, so there are always enough, except while an attempt that was ordered to end still has some.
/// </remarks>
internal sealed class CoreSet
{
    private readonly HashSet<int> all;
    private readonly SortedSet<int> free;

    internal CoreSet(IEnumerable<int> all) => (this.all, free) = ([.. all], [.. all]);

    /// <summary>Returns whether so many are free.</summary>
    internal bool Has(int count) => count <= free.Count;

    /// <summary>Gives an attempt free cores, those with the lowest numbers, in order.</summary>
    internal IReadOnlyList<int> Take(int count)
    {
        if (count <= 0)
            return [];
        int[] taken = [.. free.Take(count)];
        free.ExceptWith(taken);
        return taken;
    }

    /// <summary>Notes that an attempt has these, which an earlier program of this process gave to it.</summary>
    internal void Adopt(IReadOnlyList<int> cores) => free.ExceptWith(cores);

    /// <summary>
    /// Takes cores back from an attempt whose processes are dead. One that this worker may no longer use stays out.
    /// </summary>
    internal void Release(IReadOnlyList<int> cores)
    {
        foreach (var core in cores)
        {
            if (all.Contains(core))
                free.Add(core);
        }
    }
}
