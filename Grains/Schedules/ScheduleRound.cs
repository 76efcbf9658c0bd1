using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// One round's work on schedules: what it may still do, where its changes go, and how occurrences start. Bounded, so
/// that ten thousand schedules with the same time take several rounds, between which the queue does other work.
/// <paramref name="start"/> returns the id of the task, job or workflow and the bytes of the specs; null if the queue
/// has no room.
/// </summary>
internal sealed class ScheduleRound(
    ScheduleDraft draft, Func<long> nextNo, Func<LiveSchedule, OccurrenceRow, (TaskId Id, long Bytes)?> start)
{
    private readonly List<(LiveSchedule Schedule, TaskId Id)> started = [];

    /// <summary>
    /// Limit on the occurrences that one round starts or stores as pending. A workflow counts as its number of nodes;
    /// the last start may exceed the limit.
    /// </summary>
    public const int MostFirings = 512;

    /// <summary>Limit on the times that one round examines. A missed time is cheaper than a start.</summary>
    public const int MostLooks = 16_384;

    /// <summary>Limit on the bytes of specs that one round starts; the last start may exceed it.</summary>
    public const int MostBytes = 4 << 20;

    /// <summary>Number of occurrences that the round may still start or store as pending.</summary>
    public int Firings { get; set; } = MostFirings;

    /// <summary>Number of times that the round may still examine.</summary>
    public int Looks { get; set; } = MostLooks;

    /// <summary>Bytes of specs that the round may still start.</summary>
    public long Bytes { get; set; } = MostBytes;

    /// <summary>Whether the round has reached one of its limits.</summary>
    public bool IsSpent => Firings <= 0 || Looks <= 0 || Bytes <= 0;

    /// <summary>Whether a time is in a blackout of the queue.</summary>
    public Func<long, bool> IsBlackout { get; init; } = static _ => false;

    /// <summary>Whether a task has not begun to run. False for jobs and workflows.</summary>
    public Func<TaskId, bool> IsWaiting { get; init; } = static _ => false;

    /// <summary>The draft that gets the changes.</summary>
    public ScheduleDraft Draft => draft;

    /// <summary>Returns the number of a new row.</summary>
    public long NextNo() => nextNo();

    /// <summary>Starts an occurrence and returns the id of what was started; null if the queue has no room.</summary>
    public TaskId? Start(LiveSchedule schedule, OccurrenceRow occurrence)
    {
        if (start(schedule, occurrence) is not { } made)
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
