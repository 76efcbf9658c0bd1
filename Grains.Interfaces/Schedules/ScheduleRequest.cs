using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>A request from a gateway to the owner of a schedule's queue. Times are in Unix milliseconds.</summary>
/// <param name="Action">The requested action.</param>
/// <param name="Id">The schedule's id.</param>
[GenerateSerializer, Immutable, Alias("ot.ScheduleRequest")]
public sealed record ScheduleRequest([property: Id(0)] ScheduleAction Action, [property: Id(1)] string Id)
{
    /// <summary>Whether the request adds to the store, and so is refused while the disk is nearly full.</summary>
    public bool Grows =>
        Action is ScheduleAction.Create or ScheduleAction.Put or ScheduleAction.Trigger or ScheduleAction.Backfill;

    /// <summary>The validated body without secrets, to create or put a schedule; empty for other actions.</summary>
    [Id(2)]
    public ReadOnlyMemory<byte> Spec { get; init; }

    /// <summary>
    /// The secrets that <see cref="ScheduleSpec.CopySecrets"/> copied from the body; empty if there are none.
    /// </summary>
    [Id(3)]
    public ReadOnlyMemory<byte> SecretEnv { get; init; }

    /// <summary>The id for the task, job or workflow that a trigger starts.</summary>
    [Id(4)]
    public TaskId Task { get; init; }

    /// <summary>The start of a backfill's range, inclusive.</summary>
    [Id(5)]
    public long From { get; init; }

    /// <summary>The end of a backfill's range, exclusive.</summary>
    [Id(6)]
    public long To { get; init; }

    /// <summary>Maximum number of a backfill's occurrences that may be open at once.</summary>
    [Id(7)]
    public int Parallel { get; init; } = 1;

    /// <summary>Whether a backfill also starts times that were started before.</summary>
    [Id(8)]
    public bool Again { get; init; }

    /// <summary>
    /// The request's idempotency key, or null. Its answer is ignored, since the owner stores the actual one.
    /// </summary>
    [Id(9)]
    public IdempotencyEntry? Idempotency { get; init; }
}
