namespace OrleansTasks.Jobs;

/// <summary>
/// The ended chunks that the dispatcher has sent to a job's grain and that the job has not folded yet, that is,
/// merged into its results; first in, first out. A chunk is a part of the job's items that one worker processes.
/// The grain adds ended chunks when <see cref="IJobGrain.Ended"/> is called, and <see cref="JobRunner"/> takes them at
/// the beginning of each round.
/// </summary>
/// <remarks>
/// The entries are hints: the store has every ended chunk already. The inbox therefore drops entries
/// beyond <see cref="MostBytes"/> instead of growing while the grain waits for a commit and workers go on reporting.
/// After a drop the runner reads the ended chunks from the store. Chunks may thus be folded out of order,
/// and a chunk may come both from the store and from here; <see cref="JobCore.Fold"/> allows both.
/// The inbox belongs to one activation and is used only within the grain's turns, so nothing is locked.
/// </remarks>
internal sealed class EndedInbox
{
    /// <summary>
    /// The most bytes of reports that wait at one time. A report that is larger is kept when no other waits.
    /// </summary>
    public const long MostBytes = 32L << 20;

    private readonly Queue<EndedChunk> chunks = new();
    private long bytes;
    private bool hasDropped;

    /// <summary>
    /// Whether there is nothing to do: no hint waits, and none was dropped since the last <see cref="TakeDropped"/>.
    /// </summary>
    public bool IsEmpty => chunks.Count == 0 && !hasDropped;

    /// <summary>Adds hints, and drops those that do not fit. A hint always fits into an empty inbox.</summary>
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

    /// <summary>Takes the oldest hint; false when none waits.</summary>
    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out EndedChunk? chunk)
    {
        if (!chunks.TryDequeue(out chunk))
            return false;
        bytes -= chunk.Report.Length;
        return true;
    }

    /// <summary>
    /// Returns whether hints were dropped since the last call, and resets the answer to false.
    /// After true the caller must read the ended chunks from the store; the dropped chunks are not sent again.
    /// </summary>
    public bool TakeDropped()
    {
        var had = hasDropped;
        hasDropped = false;
        return had;
    }

    /// <summary>Removes all hints and forgets that some were dropped. Used when the job does not exist.</summary>
    public void Clear()
    {
        chunks.Clear();
        (bytes, hasDropped) = (0, false);
    }
}
