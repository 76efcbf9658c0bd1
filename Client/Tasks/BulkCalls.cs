using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Cancels and retries all tasks that a filter matches.</summary>
/// <param name="grains">The tasks and their dispatchers.</param>
/// <param name="time">The clock.</param>
public sealed class BulkCalls(GatewayGrains grains, TimeProvider time)
{
    private const int PageSize = 1_000;

    /// <summary>Cancels what is open of it.</summary>
    internal Task Cancel(HttpContext context, ApiCall call) => Change(
        context, call, static state => !state.IsFinal(), static (dispatcher, _, ids) => dispatcher.Cancel(ids));

    /// <summary>
    /// Retries what has failed or was cancelled of it. Quarantined tasks are passed over unless the filter names them,
    /// because each of them may take its node down again.
    /// </summary>
    internal Task Retry(HttpContext context, ApiCall call) => Change(
        context, call, static state => state is TaskState.Failed or TaskState.Cancelled,
        static (dispatcher, filter, ids) => dispatcher.Retry(ids, passesOverQuarantined: filter.Quarantined != true));

    private async Task Change(
        HttpContext context, ApiCall call, Func<TaskState, bool> concerns,
        Func<ITaskDispatcherGrain, TaskFilter, ImmutableArray<TaskId>, Task<ImmutableArray<ControlOutcome>>> change)
    {
        var query = context.ReadQuery(call);
        if (query.Count == 0)
            throw QueryValues.Refuse("A bulk operation needs at least one filter; /api/v1/tasks has the same ones.");
        // What is created from now on is not meant; without the bound a busy service would never get to the end.
        var now = time.GetUtcNow().ToUnixTimeMilliseconds() + 1;
        var given = FilterQuery.Read(query, now);
        var filter = given with { CreatedBefore = Math.Min(given.CreatedBefore ?? now, now) };
        var progress = new Progress();
        try
        {
            await ChangeAll(filter, concerns, change, progress, context.RequestAborted);
        }
        catch (Exception fault) when (progress.Changed > 0 && Faults.IsPassing(fault))
        {
            // Some of it is done and the rest is not known; the same filter can be sent again.
            throw new ProblemException(Problems.OutcomeUnknown());
        }

        await Send(context, progress.Matched, progress.Changed);
    }

    private async Task ChangeAll(
        TaskFilter filter, Func<TaskState, bool> concerns,
        Func<ITaskDispatcherGrain, TaskFilter, ImmutableArray<TaskId>, Task<ImmutableArray<ControlOutcome>>> change, Progress progress,
        CancellationToken aborted)
    {
        TaskId? after = null;
        ImmutableArray<TaskMatch> page;
        do
        {
            // The caller may have gone, or its key may have been revoked.
            aborted.ThrowIfCancellationRequested();
            page = await grains.Tasks.Match(filter, after, PageSize);
            progress.Matched += page.Length;
            foreach (var partition in page.Where(task => concerns(task.State))
                .GroupBy(task => task.Partition, task => task.Id))
            {
                var outcomes = await Writes.Once(() => change(grains.Dispatcher(partition.Key), filter, [.. partition]));
                progress.Changed += outcomes.Count(outcome => outcome == ControlOutcome.Changed);
            }

            if (page.Length > 0)
                after = page[^1].Id;
        }
        while (page.Length == PageSize);
    }

    private static async Task Send(HttpContext context, long matched, long changed)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteNumber("matched"u8, matched);
        json.Writer.WriteNumber("changed"u8, changed);
        json.Writer.WriteEndObject();
        await json.Send(context.Response);
    }

    private sealed class Progress
    {
        public long Matched { get; set; }

        public long Changed { get; set; }
    }
}
