namespace OrleansTasks.Client.Events;

/// <summary>Limits how many stored events one call reads, and records whether the answer is complete.</summary>
/// <param name="time">The clock.</param>
internal sealed class HistoryScan(TimeProvider time)
{
    private const int MostPages = 256;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);
    private readonly long began = time.GetTimestamp();
    private int pages;

    /// <summary>Whether the answer has every event that was asked for.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>Counts a page. Returns false if the call has reached its limit of pages or time.</summary>
    public bool MayRead()
    {
        if (++pages <= MostPages && time.GetElapsedTime(began) < Longest)
            return true;
        Miss();
        return false;
    }

    /// <summary>Records that events are missing or may be missing.</summary>
    public void Miss() => IsComplete = false;
}
