using OrleansTasks.Schedules;

namespace OrleansTasks.Storage.Memory;

/// <summary>The schedules that a memory store holds, with their occurrences. Not safe for several threads at once.</summary>
internal sealed class MemorySchedules
{
    private readonly SortedDictionary<string, StoredSchedule> byId = new(StringComparer.Ordinal);
    private readonly SortedDictionary<(int Partition, long No), StoredSchedule> byNo = [];
    private readonly SortedDictionary<(int Partition, long No), OccurrenceRow> occurrences = [];

    // The occurrences by time: only one for a schedule and a time.
    private readonly Dictionary<(int Partition, long Schedule, long At), long> times = [];

    /// <summary>Every schedule, by id.</summary>
    internal IEnumerable<StoredSchedule> All => byId.Values;

    internal StoredSchedule? Find(string id) => byId.GetValueOrDefault(id);

    internal IEnumerable<StoredSchedule> Of(int partition) =>
        byNo.Where(entry => entry.Key.Partition == partition).Select(static entry => entry.Value);

    internal IEnumerable<OccurrenceRow> OccurrencesOf(int partition, long? schedule) => occurrences
        .Where(entry => entry.Key.Partition == partition && (schedule is null || entry.Value.Schedule == schedule))
        .Select(static entry => entry.Value);

    /// <summary>A schedule's occurrences by its id, in the order of their numbers.</summary>
    internal IEnumerable<OccurrenceRow> OccurrencesOf(string id)
    {
        var found = byNo.FirstOrDefault(entry => entry.Value.Row.Id == id);
        return found.Value is null ? [] : OccurrencesOf(found.Key.Partition, found.Key.No);
    }

    /// <summary>Why a commit cannot be stored; null when it can.</summary>
    internal string? Refuse(MemoryPartition partition, ScheduleCommit commit)
    {
        foreach (var row in commit.Rows)
        {
            if (byId.TryGetValue(row.Id, out var known) 
                && !(known.Partition == partition.Key && (known.Row.No == row.No || commit.Deleted.Contains(known.Row.No))))
                return $"Another schedule has the id {row.Id}.";
        }

        foreach (var row in commit.Occurrences.Where(static row => row.Kind == OccurrenceKind.Time))
        {
            if (times.TryGetValue((partition.No, row.Schedule, row.At), out var known) && known != row.No)
                return $"The occurrence of schedule {row.Schedule} at {row.At} is stored already.";
        }

        return null;
    }

    /// <summary>Applies what a commit says of schedules.</summary>
    internal void Apply(MemoryPartition partition, ScheduleCommit commit)
    {
        foreach (var no in commit.Deleted)
            Delete(partition.No, no);
        foreach (var row in commit.Rows)
        {
            var body = commit.Bodies.FirstOrDefault(body => body.No == row.No) ?? byNo[(partition.No, row.No)].Body;
            byId[row.Id] = byNo[(partition.No, row.No)] = new StoredSchedule(partition.Key, row, Copy(body));
        }

        foreach (var no in commit.Dropped)
            Remove(partition.No, no);
        foreach (var row in commit.Occurrences)
        {
            occurrences[(partition.No, row.No)] = row;
            if (row.Kind == OccurrenceKind.Time)
                times[(partition.No, row.Schedule, row.At)] = row.No;
        }

        foreach (var no in commit.Trimmed)
        {
            var old = OccurrencesOf(partition.No, no).Reverse().Skip(IScheduleStore.KeptOccurrences).Where(static row => !row.IsOpen);
            foreach (var row in old.ToList())
                Remove(partition.No, row.No);
        }
    }

    private static ScheduleBody Copy(ScheduleBody body) =>
        body with { Spec = body.Spec.ToArray(), SecretEnv = body.SecretEnv.ToArray() };

    private void Delete(int partition, long no)
    {
        if (byNo.Remove((partition, no), out var schedule))
            byId.Remove(schedule.Row.Id);
        foreach (var row in OccurrencesOf(partition, no).ToList())
            Remove(partition, row.No);
    }

    private void Remove(int partition, long no)
    {
        if (occurrences.Remove((partition, no), out var row) && row.Kind == OccurrenceKind.Time)
            times.Remove((partition, row.Schedule, row.At));
    }
}
