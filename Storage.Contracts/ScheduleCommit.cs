namespace OrleansTasks.Storage;

/// <summary>
/// A <see cref="QueueCommit"/>'s changes to schedules. The store refuses a new schedule whose id exists in any queue,
/// and an occurrence by time if its schedule already has one for that time.
/// </summary>
public sealed record ScheduleCommit
{
    /// <summary>New and changed schedules, one row each.</summary>
    public IReadOnlyCollection<ScheduleRow> Rows { get; init; } = [];

    /// <summary>Bodies of new and replaced schedules, each with an entry in <see cref="Rows"/>.</summary>
    public IReadOnlyCollection<ScheduleBody> Bodies { get; init; } = [];

    /// <summary>
    /// What schedules know of their folders, each with an entry in <see cref="Rows"/>. An empty
    /// <see cref="FolderRow.Seen"/> deletes the row.
    /// </summary>
    public IReadOnlyCollection<FolderRow> Folders { get; init; } = [];

    /// <summary>New and changed occurrences, one row each.</summary>
    public IReadOnlyCollection<OccurrenceRow> Occurrences { get; init; } = [];

    /// <summary>Numbers of occurrences to delete.</summary>
    public IReadOnlyCollection<long> Dropped { get; init; } = [];

    /// <summary>
    /// Schedules whose occurrences to trim to open ones and the newest <see cref="IScheduleStore.KeptOccurrences"/>.
    /// </summary>
    public IReadOnlyCollection<long> Trimmed { get; init; } = [];

    /// <summary>Schedules to delete, with all their occurrences.</summary>
    public IReadOnlyCollection<long> Deleted { get; init; } = [];
}
