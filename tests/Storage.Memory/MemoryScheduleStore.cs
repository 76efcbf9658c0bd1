using OrleansTasks.Schedules;

namespace OrleansTasks.Storage.Memory;

/// <summary>Reads the schedules of a memory store.</summary>
internal sealed class MemoryScheduleStore(MemoryTaskStore store) : IScheduleStore
{
    /// <inheritdoc/>
    public Task<ImmutableArray<StoredSchedule>> Load(int queueNo, long after, int limit) =>
        store.ReadSchedules<ImmutableArray<StoredSchedule>>((schedules, _) =>
            [.. schedules.Of(queueNo).Where(found => found.Row.No > after).Take(limit)]);

    /// <inheritdoc/>
    public Task<ImmutableArray<OccurrenceRow>> LoadOpen(int queueNo, long after, int limit) =>
        store.ReadSchedules<ImmutableArray<OccurrenceRow>>((schedules, _) =>
            [.. schedules.OccurrencesOf(queueNo, null).Where(row => row.IsOpen && row.No > after).Take(limit)]);

    /// <inheritdoc/>
    public Task<ImmutableArray<long>> StartedTimes(string id, long from, long to) =>
        store.ReadSchedules<ImmutableArray<long>>((schedules, _) =>
        [
            .. schedules.OccurrencesOf(id)
                .Where(row => row.Outcome == OccurrenceOutcome.Started && row.Kind != OccurrenceKind.Trigger)
                .Where(row => row.At >= from && row.At < to).Select(static row => row.At),
        ]);

    /// <inheritdoc/>
    public Task<ImmutableArray<(string Id, FolderProblem Problem)>> FolderProblems(int limit) =>
        store.ReadSchedules<ImmutableArray<(string, FolderProblem)>>((schedules, _) =>
        [
            .. schedules.All.Where(static found => found.Folder is { Problem: not null }).Take(limit)
                .Select(static found => (found.Row.Id, new FolderProblem(found.Folder!.Problem!, found.Folder.Since))),
        ]);

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> Queues() => store.ReadSchedules<ImmutableArray<string>>((schedules, _) =>
        [.. schedules.All.Select(static found => found.Queue).Distinct().Order(StringComparer.Ordinal)]);

    /// <inheritdoc/>
    public Task<StoredSchedule?> Get(string id) =>
        store.ReadSchedules((schedules, _) => schedules.Find(id) is { } found ? Light(found) : null);

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredSchedule>> List(string? queue, bool? paused, string? after, int limit) =>
        store.ReadSchedules<ImmutableArray<StoredSchedule>>((schedules, _) =>
        [
            .. schedules.All.Where(found => (queue is null || found.Queue == queue)
                    && (paused is null || found.Row.Paused == paused)
                    && (after is null || string.CompareOrdinal(found.Row.Id, after) > 0))
                .Take(limit).Select(Light),
        ]);

    /// <inheritdoc/>
    public Task<ImmutableArray<OccurrenceRow>> Occurrences(
        string id, OccurrenceOutcome? outcome, (long At, long No)? before, int limit) =>
        store.ReadSchedules<ImmutableArray<OccurrenceRow>>((schedules, stateOf) =>
        [
            .. schedules.OccurrencesOf(id).Where(row => outcome is null || row.Outcome == outcome)
                .Where(row => before is not { } last || row.At < last.At || (row.At == last.At && row.No < last.No))
                .OrderByDescending(static row => row.At).ThenByDescending(static row => row.No).Take(limit)
                .Select(row => row.StartedId is { } id ? row with { State = stateOf(id) ?? row.State } : row),
        ]);

    private static StoredSchedule Light(StoredSchedule schedule) => schedule with
    {
        Body = schedule.Body with { SecretEnv = default },
        Folder = schedule.Folder is { } folder ? folder with { Seen = default } : null,
    };
}
