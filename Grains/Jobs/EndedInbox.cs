namespace OrleansTasks.Jobs;

/// <summary>
/// A queue of ended chunks that the dispatcher has sent and the job has not folded yet. <see cref="JobGrain"/> adds
/// them; <see cref="JobRunner"/> takes them at the start of each round.
/// </summary>
/// <remarks>
/// Entries are hints, since the store has every ended chunk. So the inbox drops entries beyond <see cref="MostBytes"/>
/// instead of growing during a commit, and the runner then reads the store. Chunks may therefore be folded out of order
/// or come twice, which <see cref="JobCore.Fold"/> allows. Used only in one grain's turns, without locks.
/// </remarks>
internal sealed class EndedInbox
{
    /// <summary>Limit on the bytes of waiting reports; a larger report is kept if no other waits.</summary>
    public const long MostBytes = 32L << 20;

    private readonly Queue<EndedChunk> chunks = new();
    private long bytes;
    private bool hasDropped;

    /// <summary>Whether no hint waits and none was dropped since the last <see cref="TakeDropped"/>.</summary>
    public bool IsEmpty => chunks.Count == 0 && !hasDropped;

    /// <summary>Adds hints and drops those that do not fit. A hint always fits into an empty inbox.</summary>
    public void Add(ImmutableArray<EndedChunk> ended)
    {
        foreach (var chunk in ended)
        {
            if (bytes + chunk.Report.Length > MostBytes && chunks.Count > 0)
            {
                hasDropped = true;
                continue;
            }

            bytes += chunk.Report.Length;
            chunks.Enqueue(chunk);
        }
    }

    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out EndedChunk? chunk)
    {
        if (!chunks.TryDequeue(out chunk))
            return false;
        bytes -= chunk.Report.Length;
        return true;
    }

    /// <summary>
    /// Returns whether hints were dropped since the last call. They are not repeated: read the store.
    /// </summary>
    public bool TakeDropped()
    {
        var had = hasDropped;
        hasDropped = false;
        return had;
    }

    public void Clear()
    {
        chunks.Clear();
        (bytes, hasDropped) = (0, false);
    }
}
