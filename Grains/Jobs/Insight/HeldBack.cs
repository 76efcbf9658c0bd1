namespace OrleansTasks.Jobs;

/// <summary>
/// Says what holds a job back: the one thing that would have to change for the job to end sooner.
/// </summary>
/// <remarks>
/// The first of these that is so:
/// <code>
/// nothing     the job has ended or is stopping
/// store       the disk is nearly full, so nothing is cut
/// slots       chunks wait, and as many run as there are slots
/// store       the job spends at least half of its time in commits
/// slots       chunks wait: other work or a limit of the queue has the slots
/// stragglers  the whole source is cut, and the chunks that are left take too long
/// nothing     the whole source is cut, and the last chunks run
/// pace        the job's pace does not allow more items yet
/// source      the source is a stream or a command, and brings no items
/// nothing     anything else: the source is being cut
/// </code>
/// </remarks>
internal static class HeldBack
{
    /// <summary>The job's source brings items too slowly.</summary>
    public const string Source = "source";

    /// <summary>The job's pace.</summary>
    public const string Pace = "pace";

    /// <summary>The slots of the nodes that match the job.</summary>
    public const string Slots = "slots";

    /// <summary>Chunks that take much longer than others.</summary>
    public const string Stragglers = "stragglers";

    /// <summary>The store: its disk is nearly full, or its commits are slow.</summary>
    public const string Store = "store";

    /// <summary>Nothing holds the job back.</summary>
    public const string Nothing = "nothing";
    private const double LargeShare = 0.5;

    /// <summary>Returns what holds a job back.</summary>
    /// <param name="job">The job.</param>
    /// <param name="queued">How many of its chunks wait for a slot.</param>
    /// <param name="running">How many of its chunks run.</param>
    /// <param name="hasStragglers">Whether one of them takes too long.</param>
    /// <param name="pressure">What the job's grain knows of its surroundings.</param>
    /// <param name="now">The time, in Unix milliseconds.</param>
    public static string By(
        JobCore job, long queued, long running, bool hasStragglers, in JobPressure pressure, long now) =>
        job.IsOver || job.IsStopping ? Nothing
        : pressure.IsPaused ? Store
        : queued > 0 && running >= pressure.Slots ? Slots
        : pressure.CommitShare >= LargeShare ? Store
        : queued > 0 ? Slots
        : job.Phase == JobPhase.Draining ? (hasStragglers ? Stragglers : Nothing)
        : job.Spec.Pace is not null && (!job.IsFed || job.Cutter.Allowed(1, now) < 1) ? Pace
        : job.IsFed ? Source
        : Nothing;
}

/// <summary>What the activation of a job's grain knows of the surroundings of the job.</summary>
/// <param name="Slots">The slots of the nodes that match the job; 0 when there are none.</param>
/// <param name="IsPaused">Whether the job cuts nothing because the disk is nearly full.</param>
/// <param name="CommitShare">Which share of its time the job spends in commits, 0 to 1.</param>
internal readonly record struct JobPressure(int Slots, bool IsPaused, double CommitShare);
