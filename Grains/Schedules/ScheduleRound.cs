using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// One round's work on schedules: what it may still do, where its changes go, and how occurrences start. Bounded, so that ten
/// thousand schedules with one time take several rounds, between which other work of the queue is done.
/// </summary>
/// <param name="draft">Where the changes go.</param>
/// <param name="nextNo">Gives the numbers of new rows.</param>
/// <param name="start">
/// Starts an occurrence of a schedule with a time. Returns the id of the task, job or workflow and the size of the specs in
/// bytes; null when the queue takes no more.
/// </param>
internal sealed class ScheduleRound(
    ScheduleDraft draft, Func<long> nextNo, Func<LiveSchedule, long, (TaskId Id, long Bytes)?> start)
{
    private readonly List<(LiveSchedule Schedule, TaskId Id)> started = [];

    /// <summary>
    /// How many occurrences one round starts or stores as pending. A workflow counts as its nodes; the last start may go
    /// beyond it.
    /// </summary>
    public const int MostFirings = 512;

    /// <summary>How many times one round looks at. A missed time is cheaper than one that starts something.</summary>
    public const int MostLooks = 16_384;

    /// <summary>How many bytes of specs one round starts; the last start may go beyond it.</summary>
    public const int MostBytes = 4 << 20;

    /// <summary>How many occurrences the round may still start or store as pending.</summary>
    public int Firings { get; set; } = MostFirings;

    /// <summary>How many times the round may still look at.</summary>
    public int Looks { get; set; } = MostLooks;

    /// <summary>How many bytes of specs the round may still start.</summary>
    public long Bytes { get; set; } = MostBytes;

    /// <summary>Whether the round has done as much as one round does.</summary>
    public bool IsSpent => Firings <= 0 || Looks <= 0 || Bytes <= 0;

    /// <summary>Where the changes go.</summary>
    public ScheduleDraft Draft => draft;

    /// <summary>Gives the number of a new row.</summary>
    public long NextNo() => nextNo();

    /// <summary>Starts an occurrence, and returns the id of what was started; null when the queue takes no more.</summary>
    public TaskId? Start(LiveSchedule schedule, long time)
    {
        if (start(schedule, time) is not { } made)
            return null;
        Bytes -= made.Bytes;
        started.Add((schedule, made.Id));
        return made.Id;
    }

    /// <summary>Returns what was started since the last call.</summary>
    public IEnumerable<(LiveSchedule Schedule, TaskId Id)> TakeStarted()
    {
        foreach (var start in started)
            yield return start;
        started.Clear();
    }
}
