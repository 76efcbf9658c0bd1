using OrleansTasks.Schedules;

namespace OrleansTasks.Storage.Memory;

/// <summary>The schedules that a memory store holds, with their occurrences. Not safe for several threads at once.</summary>
internal sealed class MemorySchedules
{
    private readonly SortedDictionary<string, StoredSchedule> byId = new(StringComparer.Ordinal);
    private readonly SortedDictionary<(int QueueNo, long No), StoredSchedule> byNo = [];
    private readonly SortedDictionary<(int QueueNo, long No), OccurrenceRow> occurrences = [];

    // The occurrences by time: only one for a schedule and a time.
    private readonly Dictionary<(int QueueNo, long Schedule, long At), long> times = [];

    /// <summary>Every schedule, by id.</summary>
    internal IEnumerable<StoredSchedule> All => byId.Values;

    internal StoredSchedule? Find(string id) => byId.GetValueOrDefault(id);

    internal IEnumerable<StoredSchedule> Of(int queueNo) =>
        byNo.Where(entry => entry.Key.QueueNo == queueNo).Select(static entry => entry.Value);

    internal IEnumerable<OccurrenceRow> OccurrencesOf(int queueNo, long? schedule) => occurrences
        .Where(entry => entry.Key.QueueNo == queueNo && (schedule is null || entry.Value.Schedule == schedule))
        .Select(static entry => entry.Value);

    /// <summary>A schedule's occurrences by its id, in the order of their numbers.</summary>
    internal IEnumerable<OccurrenceRow> OccurrencesOf(string id)
    {
        var found = byNo.FirstOrDefault(entry => entry.Value.Row.Id == id);
        return found.Value is null ? [] : OccurrencesOf(found.Key.QueueNo, found.Key.No);
    }

    /// <summary>Why a commit cannot be stored; null when it can.</summary>
    internal string? Refuse(MemoryQueue queue, ScheduleCommit commit)
    {
        foreach (var row in commit.Rows)
        {
            if (byId.TryGetValue(row.Id, out var known) 
                && !(known.Queue == queue.Name && (known.Row.No == row.No || commit.Deleted.Contains(known.Row.No))))
                return $"Another schedule has the id {row.Id}.";
        }

        foreach (var row in commit.Occurrences.Where(static row => row.Kind == OccurrenceKind.Time))
        {
            if (times.TryGetValue((queue.No, row.Schedule, row.At), out var known) && known != row.No)
                return $"The occurrence of schedule {row.Schedule} at {row.At} is stored already.";
        }

        return null;
    }

    /// <summary>Applies what a commit says of schedules.</summary>
    internal void Apply(MemoryQueue queue, ScheduleCommit commit)
    {
        foreach (var no in commit.Deleted)
            Delete(queue.No, no);
        foreach (var row in commit.Rows)
        {
            var body = commit.Bodies.FirstOrDefault(body => body.No == row.No) ?? byNo[(queue.No, row.No)].Body;
            var folder = commit.Folders.FirstOrDefault(folder => folder.No == row.No) ?? byNo.GetValueOrDefault((queue.No, row.No))?.Folder;
            byId[row.Id] = byNo[(queue.No, row.No)] = new StoredSchedule(queue.Name, row, Copy(body))
            {
                Folder = folder is null or { Seen.IsEmpty: true } ? null : folder with { Seen = folder.Seen.ToArray() },
            };
        }

        foreach (var no in commit.Dropped)
            Remove(queue.No, no);
        foreach (var row in commit.Occurrences)
        {
            occurrences[(queue.No, row.No)] = row;
            if (row.Kind == OccurrenceKind.Time)
                times[(queue.No, row.Schedule, row.At)] = row.No;
        }

        foreach (var no in commit.Trimmed)
        {
            var old = OccurrencesOf(queue.No, no).Reverse().Skip(IScheduleStore.KeptOccurrences).Where(static row => !row.IsOpen);
            foreach (var row in old.ToList())
                Remove(queue.No, row.No);
        }
    }

    private static ScheduleBody Copy(ScheduleBody body) =>
        body with { Spec = body.Spec.ToArray(), SecretEnv = body.SecretEnv.ToArray() };

    private void Delete(int queueNo, long no)
    {
        if (byNo.Remove((queueNo, no), out var schedule))
            byId.Remove(schedule.Row.Id);
        foreach (var row in OccurrencesOf(queueNo, no).ToList())
            Remove(queueNo, row.No);
    }

    private void Remove(int queueNo, long no)
    {
        if (occurrences.Remove((queueNo, no), out var row) && row.Kind == OccurrenceKind.Time)
            times.Remove((queueNo, row.Schedule, row.At));
    }
}
