namespace OrleansTasks.Lifetime;

/// <summary>Decides when the heap of an idle process is worth a collection.</summary>
internal sealed class IdleHeap
{
    /// <summary>A process that allocates more than this between two looks is busy: a pause would be noticed.</summary>
    private const long MostOfAnIdleLook = 4 << 20;

    /// <summary>Looks without work before a collection.</summary>
    private const int IdleLooks = 2;

    private const long LeastGarbage = 16 << 20;

    private long allocated;
    private long allocatedBefore;
    private long live;
    private int idle;

    /// <summary>
    /// Returns whether the process has been idle since the look before last, and has since the last collection
    /// allocated at least 16 MiB and half of the bytes in use.
    /// </summary>
    /// <param name="total">The bytes that the process has allocated since its start.</param>
    public bool IsDue(long total)
    {
        idle = total - allocated <= MostOfAnIdleLook ? idle + 1 : 0;
        allocated = total;
        return idle >= IdleLooks && total - allocatedBefore >= Math.Max(LeastGarbage, live / 2);
    }

    /// <summary>Notes a collection that left this many bytes in use.</summary>
    public void Collected(long bytes) => (allocatedBefore, live) = (allocated, bytes);
}
