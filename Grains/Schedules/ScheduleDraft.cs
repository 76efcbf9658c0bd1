using OrleansTasks.Events;
using OrleansTasks.Storage;

namespace OrleansTasks.Schedules;

/// <summary>A round's changes to schedules: one row for each schedule and occurrence that changed.</summary>
/// <param name="events">The round's events of resources, to which this adds.</param>
internal sealed class ScheduleDraft(List<ResourceChange> events)
{
    private readonly Dictionary<long, ScheduleRow> rows = [];
    private readonly Dictionary<long, ScheduleBody> bodies = [];
    private readonly Dictionary<long, FolderRow> folders = [];
    private readonly Dictionary<long, OccurrenceRow> occurrences = [];
    private readonly HashSet<long> dropped = [];
    private readonly HashSet<long> trimmed = [];
    private readonly List<long> deleted = [];

    /// <summary>The folders to look at once the round is over. They need no commit.</summary>
    public List<FolderLook> Looks { get; } = [];

    /// <summary>The changed rows of schedules, as they are after the round.</summary>
    public IReadOnlyCollection<ScheduleRow> Schedules => rows.Values;

    /// <summary>The occurrences that are new or changed, as they are after the round.</summary>
    public IReadOnlyCollection<OccurrenceRow> Occurrences => occurrences.Values;

    /// <summary>The numbers of pending occurrences that are dropped.</summary>
    public IReadOnlyCollection<long> Dropped => dropped;

    /// <summary>Whether the round changes no schedule.</summary>
    public bool IsEmpty => rows.Count == 0 && occurrences.Count == 0 && dropped.Count == 0 && deleted.Count == 0;

    /// <summary>Sets the row of a schedule.</summary>
    public void Put(ScheduleRow row) => rows[row.No] = row;

    /// <summary>Sets the body that a user wrote for a schedule. The schedule's row must be set as well.</summary>
    public void Put(ScheduleBody body) => bodies[body.No] = body;

    /// <summary>What schedules know of their folders, as it is after the round.</summary>
    public IReadOnlyCollection<FolderRow> Folders => folders.Values;

    /// <summary>
    /// Sets what a schedule knows of its folder; nothing if it is empty. The schedule's row must be set as well.
    /// </summary>
    public void Put(FolderRow row) => folders[row.No] = row;

    /// <summary>Sets the row of an occurrence.</summary>
    public void Put(OccurrenceRow row) => occurrences[row.No] = row;

    /// <summary>Drops an occurrence.</summary>
    public void Drop(OccurrenceRow row)
    {
        occurrences.Remove(row.No);
        dropped.Add(row.No);
    }

    /// <summary>Makes the commit delete the oldest occurrences of a schedule.</summary>
    public void Trim(long schedule) => trimmed.Add(schedule);

    /// <summary>Deletes a schedule with all its occurrences, including those of this round.</summary>
    public void Delete(long schedule)
    {
        rows.Remove(schedule);
        bodies.Remove(schedule);
        folders.Remove(schedule);
        foreach (var row in occurrences.Values.Where(row => row.Schedule == schedule).ToList())
            occurrences.Remove(row.No);
        deleted.Add(schedule);
    }

    /// <summary>Adds an event of a schedule.</summary>
    public void Tell(string id, ResourceState state) =>
        events.Add(new ResourceChange(ResourceKind.Schedule, id, state));

    /// <summary>Returns what the round's commit writes.</summary>
    public ScheduleCommit ToCommit() => new()
    {
        Rows = rows.Values,
        Bodies = bodies.Values,
        Folders = folders.Values,
        Occurrences = occurrences.Values,
        Dropped = dropped,
        Trimmed = trimmed,
        Deleted = deleted,
    };
}
