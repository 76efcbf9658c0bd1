using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Schedules;

/// <summary>
/// Reads schedules for gateways from the store. Holds no state. If the store cannot be read, a call throws
/// <see cref="StoreUnavailableException"/>.
/// </summary>
[GrainType("schedule-reader"), StatelessWorker(16), Reentrant]
public sealed class ScheduleReaderGrain(ITaskStore store) : Grain, IScheduleReaderGrain
{
    /// <inheritdoc/>
    public async Task<ScheduleView?> Get(string id) => await store.Schedules.Get(id) is { } found ? View(found) : null;

    /// <inheritdoc/>
    public async Task<ImmutableArray<ScheduleView>> List(string? queue, bool? paused, string? after, int limit) =>
        [.. (await store.Schedules.List(queue, paused, after, limit)).Select(View)];

    /// <inheritdoc/>
    public async Task<ImmutableArray<OccurrenceView>> Occurrences(
        string id, OccurrenceOutcome? outcome, long beforeAt, long beforeNo, int limit) =>
        [.. (await store.Schedules.Occurrences(id, outcome, (beforeAt, beforeNo), limit)).Select(View)];

    /// <inheritdoc/>
    public async Task<ImmutableArray<ScheduleFolderProblem>> FolderProblems(int limit) =>
        [
            .. (await store.Schedules.FolderProblems(limit))
                .Select(static found => new ScheduleFolderProblem(found.Id, found.Problem)),
        ];

    private static ScheduleView View(StoredSchedule found) => new(
        found.Row.Id, found.Queue, found.Row.Version, found.Row.Paused, found.Row.CreatedAt, found.Row.LastAt, found.Row.LastRun,
        found.Body.Spec)
    {
        Problem = found.Folder is { Problem: { } detail } folder ? new FolderProblem(detail, folder.Since) : null,
    };

    private static OccurrenceView View(OccurrenceRow row) => new(
        row.No, row.At, row.Until, row.Count, row.Kind, row.Outcome, row.Reason, row.StartedAt, row.Task, row.State,
        row.Workflow, row.Job)
    {
        File = row.File,
    };
}
