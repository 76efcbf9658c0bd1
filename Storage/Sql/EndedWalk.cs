namespace OrleansTasks.Storage.Sql;

/// <summary>The place of an ended task in the order in which retention looks at tasks: by end, then by key.</summary>
/// <param name="EndedAt">When the task ended, in Unix milliseconds.</param>
/// <param name="Key">The task's key.</param>
internal readonly record struct EndedPlace(long EndedAt, long Key)
{
    /// <summary>The place before all tasks.</summary>
    internal static EndedPlace Start => new(long.MinValue, long.MinValue);
}

/// <summary>
/// Where the last removal of ended tasks stopped. A round of retention asks for some hundred tasks at a time, with the
/// same times. Without this, each call would look again at all the tasks that retention keeps, such as those of stored
/// workflows. A task behind the place that becomes removable meanwhile is left for the next round.
/// </summary>
internal sealed class EndedWalk
{
    private Stop? stop;

    /// <summary>Returns where to begin: at the start, unless the last call had the same times and stopped.</summary>
    internal EndedPlace Begin(long endedBefore, long failedBefore) =>
        Interlocked.Exchange(ref stop, null) is { } last
            && (last.EndedBefore, last.FailedBefore) == (endedBefore, failedBefore)
            ? last.After
            : EndedPlace.Start;

    /// <summary>Notes that a call removed as many tasks as it was asked for, up to a place.</summary>
    internal void StopAt(long endedBefore, long failedBefore, EndedPlace after) =>
        stop = new Stop(endedBefore, failedBefore, after);

    private sealed record Stop(long EndedBefore, long FailedBefore, EndedPlace After);
}
