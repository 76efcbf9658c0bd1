using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// The schedules of a queue whose stored bodies cannot be read, as when a time zone has gone from the machine's list. They
/// have no times. The ends of what they started are recorded, so that overlap goes by them when they can be read again.
/// </summary>
internal sealed class UnreadableSchedules
{
    private readonly Dictionary<string, ScheduleRow> byId = new(StringComparer.Ordinal);
    private readonly HashSet<long> numbers = [];
    private readonly Dictionary<TaskId, OccurrenceRow> open = [];

    /// <summary>How many there are.</summary>
    public int Count => byId.Count;

    /// <summary>Takes in one.</summary>
    public void Load(ScheduleRow row)
    {
        byId.Add(row.Id, row);
        numbers.Add(row.No);
    }

    /// <summary>Takes in an occurrence; one that is of none of these schedules, or has nothing open, is left out.</summary>
    public void Load(OccurrenceRow row)
    {
        if (row is { Outcome: OccurrenceOutcome.Started, State: null, StartedId: { } id } && numbers.Contains(row.Schedule))
            open[id] = row;
    }

    /// <summary>Returns the row of the one with an id; null when there is none.</summary>
    public ScheduleRow? Find(string id) => byId.GetValueOrDefault(id);

    /// <summary>Takes one out.</summary>
    public void Delete(ScheduleRow row)
    {
        byId.Remove(row.Id);
        numbers.Remove(row.No);
        foreach (var id in open.Where(entry => entry.Value.Schedule == row.No).Select(static entry => entry.Key).ToList())
            open.Remove(id);
    }

    /// <summary>Whether one of them has started this task, job or workflow.</summary>
    public bool IsOpen(TaskId id) => open.ContainsKey(id);

    /// <summary>A task, job or workflow has ended; does nothing when none of them has started it.</summary>
    public void Ended(TaskId id, TaskState state, ScheduleDraft draft)
    {
        if (open.Remove(id, out var row))
            draft.Put(row with { State = state });
    }
}
