namespace OrleansTasks.Jobs.Insight;

/// <summary>Names a job's bottleneck: what must change for the job to end sooner.</summary>
/// <remarks>
/// The first line that applies:
/// <code>
/// nothing     the job has ended or is stopping
/// store       the disk is nearly full, so nothing is cut
/// starts      chunks wait, and starting their programs takes at least half of their time
/// slots       chunks wait, and the job's chunks fill all matching slots
/// store       the job spends at least half of its time in commits
/// slots       chunks wait: other work or a limit of the queue takes the slots
/// stragglers  the whole source is cut, and the remaining chunks take too long
/// nothing     the whole source is cut, and the last chunks are running
/// pace        the job's pace does not allow more items yet
/// source      the source is a stream or a command and brings no items
/// nothing     otherwise: the source is being cut
/// </code>
/// </remarks>
internal static class HeldBack
{
    public const string Source = "source";

    public const string Pace = "pace";

    public const string Starts = "starts";

    public const string Slots = "slots";

    public const string Stragglers = "stragglers";

    public const string Store = "store";

    public const string Nothing = "nothing";
    private const double LargeShare = 0.5;

    /// <summary>Returns the bottleneck, one of the constants of this class.</summary>
    public static string By(
        JobCore job, long queued, long running, bool hasStragglers, in JobPressure pressure, long now) =>
        job.IsOver || job.IsStopping ? Nothing
        : pressure.IsPaused ? Store
        : queued > 0 && job.Cutter.StartShare >= LargeShare ? Starts
        : queued > 0 && running >= pressure.Slots ? Slots
        : pressure.CommitShare >= LargeShare ? Store
        : queued > 0 ? Slots
        : job.Phase == JobPhase.Draining ? (hasStragglers ? Stragglers : Nothing)
        : job.Spec.Pace is not null && (!job.IsFed || job.Cutter.Allowed(1, now) < 1) ? Pace
        : job.IsFed ? Source
        : Nothing;
}

/// <summary>
/// The conditions around a live job: how many slots the matching nodes have, whether a nearly full disk stops cutting,
/// and the share of time spent in commits (0 to 1).
/// </summary>
internal readonly record struct JobPressure(int Slots, bool IsPaused, double CommitShare);
