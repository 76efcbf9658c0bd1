using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>What a gateway asks the owner of a schedule's queue for. Times are Unix milliseconds.</summary>
/// <param name="Action">What is asked for.</param>
/// <param name="Id">The schedule's id.</param>
[GenerateSerializer, Immutable, Alias("ot.ScheduleRequest")]
public sealed record ScheduleRequest([property: Id(0)] ScheduleAction Action, [property: Id(1)] string Id)
{
    /// <summary>Whether it adds to the store, so that it is refused while the disk is nearly full.</summary>
    public bool Grows =>
        Action is ScheduleAction.Create or ScheduleAction.Put or ScheduleAction.Trigger or ScheduleAction.Backfill;

    /// <summary>The validated body, without secrets, to create or put; else empty.</summary>
    [Id(2)]
    public ReadOnlyMemory<byte> Spec { get; init; }

    /// <summary>What <see cref="ScheduleSpec.CopySecrets"/> takes from the body; empty when there is none.</summary>
    [Id(3)]
    public ReadOnlyMemory<byte> SecretEnv { get; init; }

    /// <summary>The id of the task, job or workflow to start by a trigger.</summary>
    [Id(4)]
    public TaskId Task { get; init; }

    /// <summary>The first time of a backfill.</summary>
    [Id(5)]
    public long From { get; init; }

    /// <summary>The end of a backfill, which is not in it.</summary>
    [Id(6)]
    public long To { get; init; }

    /// <summary>How many occurrences of a backfill may be open at once.</summary>
    [Id(7)]
    public int Parallel { get; init; } = 1;

    /// <summary>Whether a backfill also starts times that were started before.</summary>
    [Id(8)]
    public bool Again { get; init; }

    /// <summary>
    /// The request's idempotency key; null when it had none. Its answer is ignored: the owner stores what it has done.
    /// </summary>
    [Id(9)]
    public IdempotencyEntry? Idempotency { get; init; }
}
