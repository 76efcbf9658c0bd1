using OrleansTasks.Client.Tasks;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Schedules;

/// <summary>Measures the latest ended runs of a schedule.</summary>
/// <param name="grains">Reads occurrences, tasks and workflows.</param>
internal sealed class PastRuns(GatewayGrains grains)
{
    private const int Occurrences = 20;
    private const int Measured = 5;
    private const int Page = 1_000;
    private const int MostTasks = 20_000;

    /// <summary>
    /// Returns the median run of the latest five tasks, or the latest workflow's run. Returns null if none of the
    /// latest 20 runs has ended, for a workflow of more than 20,000 tasks, and for jobs, whose slots are not measured.
    /// </summary>
    public async Task<ScheduleRun?> Of(string schedule, CancellationToken cancellation)
    {
        var started = await grains.Schedules.Occurrences(
            schedule, OccurrenceOutcome.Started, long.MaxValue, long.MaxValue, Occurrences);
        var ended = started.Where(static one => one.State is { } state && state.IsFinal()).ToArray();
        if (ended.FirstOrDefault(static one => one.Workflow is not null) is { Workflow: { } workflow })
            return await OfWorkflow(workflow, cancellation);
        var tasks = ended.Where(static one => one.Task is not null).Take(Measured)
            .Select(static one => one.Task!.Value);
        var took = (await grains.Tasks.GetRows([.. tasks])).Select(TimeOf)
            .Where(static time => time > 0).Order().ToArray();
        return took is [] ? null : new ScheduleRun(took[took.Length / 2], 1);
    }

    // The average number of slots: the time that the nodes spent in slots, divided by the workflow's duration.
    private async Task<ScheduleRun?> OfWorkflow(TaskId id, CancellationToken cancellation)
    {
        if (await grains.Workflows.Get(id) is not { StartedAt: { } startedAt, EndedAt: { } endedAt }
            || endedAt <= startedAt)
            return null;
        var (busy, isLast) = (0L, false);
        // Rows, because the specs of a page may have a gigabyte.
        var query = new TaskListQuery(
            TaskFilter.All with { Batch = id }, TaskSort.Created, 0, null, Page, AsRows: true);
        for (var read = 0; !isLast; read += Page)
        {
            if (read == MostTasks)
                return null;
            var nodes = await grains.Tasks.ListBy(query, cancellation) ?? [];
            busy += nodes.Sum(TimeOf);
            isLast = nodes.Length < Page;
            query = query with { After = isLast ? null : new TaskPosition(nodes[^1].Id.CreatedAt, nodes[^1].Id) };
        }

        return new ScheduleRun(endedAt - startedAt, (double)busy / (endedAt - startedAt));
    }

    private static long TimeOf(TaskRecord task) =>
        task is { StartedAt: { } startedAt, EndedAt: { } endedAt } ? Math.Max(0, endedAt - startedAt) : 0;
}
