namespace OrleansTasks.Jobs;

/// <summary>
/// Chunks that the dispatcher said have ended. They are hints: beyond a bound of bytes they are dropped and the store is read instead, so
/// that a grain that waits for a commit does not gather what its workers report meanwhile.
/// </summary>
internal sealed class EndedInbox
{
    /// <summary>The most bytes of reports that are kept.</summary>
    public const long MostBytes = 32L << 20;

    private readonly Queue<EndedChunk> chunks = new();
    private long bytes;

    /// <summary>Whether nothing came.</summary>
    public bool IsEmpty => chunks.Count == 0 && !HasDropped;

    /// <summary>Whether chunks were dropped that only the store has now.</summary>
    public bool HasDropped { get; private set; }

    /// <summary>Adds chunks, or notes that there were too many.</summary>
    public void Add(ImmutableArray<EndedChunk> ended)
    {
        foreach (var chunk in ended)
        {
            if (bytes + chunk.Report.Length > MostBytes && chunks.Count > 0)
            {
                HasDropped = true;
                continue;
            }

            bytes += chunk.Report.Length;
            chunks.Enqueue(chunk);
        }
    }

    /// <summary>Takes the next one; false when there is none.</summary>
    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out EndedChunk? chunk)
    {
        if (!chunks.TryDequeue(out chunk))
            return false;
        bytes -= chunk.Report.Length;
        return true;
    }

    /// <summary>Whether some were dropped since the last time; from now on they count as read.</summary>
    public bool TakeDropped()
    {
        var had = HasDropped;
        HasDropped = false;
        return had;
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        chunks.Clear();
        (bytes, HasDropped) = (0, false);
    }
}
