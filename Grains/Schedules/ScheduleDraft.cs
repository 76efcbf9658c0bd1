using OrleansTasks.Storage;

namespace OrleansTasks.Schedules;

/// <summary>What a round changes of schedules: one row for each schedule and for each occurrence that changed.</summary>
internal sealed class ScheduleDraft
{
    private readonly Dictionary<long, ScheduleRow> schedules = [];
    private readonly Dictionary<long, OccurrenceRow> occurrences = [];
    private readonly HashSet<long> dropped = [];
    private readonly HashSet<long> trimmed = [];

    /// <summary>The schedules whose rows changed, as they are after the round.</summary>
    public IReadOnlyCollection<ScheduleRow> Schedules => schedules.Values;

    /// <summary>The occurrences that are new or changed, as they are after the round.</summary>
    public IReadOnlyCollection<OccurrenceRow> Occurrences => occurrences.Values;

    /// <summary>The numbers of pending occurrences that are forgotten.</summary>
    public IReadOnlyCollection<long> Dropped => dropped;

    /// <summary>The numbers of schedules whose oldest occurrences are to be deleted.</summary>
    public IReadOnlyCollection<long> Trimmed => trimmed;

    /// <summary>Whether the round changes nothing of schedules.</summary>
    public bool IsEmpty => schedules.Count == 0 && occurrences.Count == 0 && dropped.Count == 0;

    /// <summary>Sets the row of a schedule.</summary>
    public void Put(ScheduleRow row) => schedules[row.No] = row;

    /// <summary>Sets the row of an occurrence.</summary>
    public void Put(OccurrenceRow row) => occurrences[row.No] = row;

    /// <summary>Forgets an occurrence.</summary>
    public void Drop(OccurrenceRow row)
    {
        occurrences.Remove(row.No);
        dropped.Add(row.No);
    }

    /// <summary>Has the oldest occurrences of a schedule deleted.</summary>
    public void Trim(long schedule) => trimmed.Add(schedule);
}
