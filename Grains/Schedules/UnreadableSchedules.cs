using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// The schedules of a queue whose stored bodies cannot be read, as when a time zone is missing from the machine's list.
/// They have no times. The ends of what they started are recorded, so that overlap is right once they can be read
/// again.
/// </summary>
internal sealed class UnreadableSchedules
{
    private readonly Dictionary<string, ScheduleRow> byId = new(StringComparer.Ordinal);
    private readonly HashSet<long> numbers = [];
    private readonly Dictionary<TaskId, OccurrenceRow> open = [];

    /// <summary>The number of unreadable schedules.</summary>
    public int Count => byId.Count;

    /// <summary>Loads an unreadable schedule.</summary>
    public void Load(ScheduleRow row)
    {
        byId.Add(row.Id, row);
        numbers.Add(row.No);
    }

    /// <summary>
    /// Loads a stored occurrence; ignores it unless it belongs to one of these schedules and started work that has not
    /// ended.
    /// </summary>
    public void Load(OccurrenceRow row)
    {
        if (row is { Outcome: OccurrenceOutcome.Started, State: null, StartedId: { } id } && numbers.Contains(row.Schedule))
            open[id] = row;
    }

    /// <summary>Returns the row of the unreadable schedule with an id; null if there is none.</summary>
    public ScheduleRow? Find(string id) => byId.GetValueOrDefault(id);

    /// <summary>Removes an unreadable schedule.</summary>
    public void Delete(ScheduleRow row)
    {
        byId.Remove(row.Id);
        numbers.Remove(row.No);
        foreach (var id in open.Where(entry => entry.Value.Schedule == row.No).Select(static entry => entry.Key).ToList())
            open.Remove(id);
    }

    /// <summary>Returns whether one of these schedules started this task, job or workflow, and it is open.</summary>
    public bool IsOpen(TaskId id) => open.ContainsKey(id);

    /// <summary>Records the end of a task, job or workflow, unless none of these schedules started it.</summary>
    public void Ended(TaskId id, TaskState state, ScheduleDraft draft)
    {
        if (open.Remove(id, out var row))
            draft.Put(row with { State = state });
    }
}
