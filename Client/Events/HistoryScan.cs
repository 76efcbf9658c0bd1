namespace OrleansTasks.Client.Events;

/// <summary>What one call may still read of the stored events, and whether it has read all that it was asked for.</summary>
/// <param name="time">The clock.</param>
internal sealed class HistoryScan(TimeProvider time)
{
    private const int MostPages = 256;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);
    private readonly long began = time.GetTimestamp();
    private int pages;

    /// <summary>Whether nothing that was asked for is missing.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>Counts a page; false when the call has read as much as one call does.</summary>
    public bool MayRead()
    {
        if (++pages <= MostPages && time.GetElapsedTime(began) < Longest)
            return true;
        Miss();
        return false;
    }

    /// <summary>Notes that events are missing, or may be.</summary>
    public void Miss() => IsComplete = false;
}
