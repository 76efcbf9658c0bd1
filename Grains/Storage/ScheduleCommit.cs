using OrleansTasks.Events;

namespace OrleansTasks.Storage;

/// <summary>
/// What a <see cref="QueueCommit"/> writes of schedules, together with the tasks and workflows that their occurrences
/// start. The store refuses the commit when another schedule has the id of a new one, in whatever queue, and when an occurrence by time
/// is stored already for the same schedule and time.
/// </summary>
public sealed record ScheduleCommit
{
    /// <summary>The schedules that are new or changed: one row each.</summary>
    public IReadOnlyCollection<ScheduleRow> Rows { get; init; } = [];

    /// <summary>The bodies of schedules that are new or replaced. Each has an entry in <see cref="Rows"/>, too.</summary>
    public IReadOnlyCollection<ScheduleBody> Bodies { get; init; } = [];

    /// <summary>The occurrences that are new or changed: one row each.</summary>
    public IReadOnlyCollection<OccurrenceRow> Occurrences { get; init; } = [];

    /// <summary>The numbers of occurrences that are deleted.</summary>
    public IReadOnlyCollection<long> Dropped { get; init; } = [];

    /// <summary>
    /// The numbers of schedules of which only the <see cref="IScheduleStore.KeptOccurrences"/> newest rows are kept, and
    /// those that are open.
    /// </summary>
    public IReadOnlyCollection<long> Trimmed { get; init; } = [];

    /// <summary>The numbers of schedules that are deleted with all their occurrences.</summary>
    public IReadOnlyCollection<long> Deleted { get; init; } = [];

    /// <summary>
    /// What happened to schedules, by their ids, in order: stored as events of resources (<see cref="IResourceEventStore"/>).
    /// </summary>
    public IReadOnlyCollection<(string Id, ResourceState State)> Events { get; init; } = [];
}
