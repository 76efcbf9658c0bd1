namespace OrleansTasks.Jobs;

/// <summary>
/// Ended chunks, as the dispatcher tells a job's grain of them. They are hints, because each such chunk is on disk already: beyond
/// <see cref="MostBytes"/> they are dropped, and the caller reads the store instead. This bounds the memory of a grain that waits for a
/// commit while its workers go on reporting. Dropping does not keep the order, and the store may also give a chunk that waits here; the
/// fold takes both.
/// </summary>
internal sealed class EndedInbox
{
    /// <summary>The most bytes of reports that are kept, except for a single larger report.</summary>
    public const long MostBytes = 32L << 20;

    private readonly Queue<EndedChunk> chunks = new();
    private long bytes;
    private bool hasDropped;

    /// <summary>Whether no hint waits and none was dropped since <see cref="TakeDropped"/>.</summary>
    public bool IsEmpty => chunks.Count == 0 && !hasDropped;

    /// <summary>Adds hints. Those that do not fit are dropped; the first is always kept.</summary>
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

    /// <summary>Takes the next hint; false when none waits.</summary>
    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out EndedChunk? chunk)
    {
        if (!chunks.TryDequeue(out chunk))
            return false;
        bytes -= chunk.Report.Length;
        return true;
    }

    /// <summary>Whether hints were dropped since the last call. After true the caller must read the ended chunks from the store.</summary>
    public bool TakeDropped()
    {
        var had = hasDropped;
        hasDropped = false;
        return had;
    }

    /// <summary>Removes all hints and forgets that some were dropped: for a job that does not exist.</summary>
    public void Clear()
    {
        chunks.Clear();
        (bytes, hasDropped) = (0, false);
    }
}
