using System.Text.Json;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Cancels or retries all tasks that the filters match, or says what that would do. With <c>expect</c>, the tasks that
/// would change are counted first: if there are more, nothing is changed; otherwise exactly these are changed.
/// </summary>
/// <param name="grains">The tasks and their dispatchers.</param>
/// <param name="reads">Limits concurrent long reads.</param>
/// <param name="time">The clock.</param>
public sealed class BulkCalls(GatewayGrains grains, LongReads reads, TimeProvider time)
{
    private const int PageSize = 1_000;
    private const int SampleSize = 10;
    private const int MostExpected = 1_000_000;

    /// <summary>The query parameters of bulk calls in addition to the filters.</summary>
    public static readonly QueryParameter[] Parameters =
    [
        new("dryRun", "true: change nothing, and answer 200 with the tasks that would change.", "true"),
        new("expect", "Change nothing and answer 409 changed-meanwhile if more tasks than this would change: 0 to 1000000.", "214"),
    ];

    private static readonly BulkAction Cancelling = new(
        static (task, _) => !task.State.IsFinal(), static (task, _) => !task.State.IsFinal() && !task.IsCancelRequested,
        static (dispatcher, _, ids) => dispatcher.Cancel(ids));

    // Skips quarantined tasks unless the filter names them, because each of them may bring down another node.
    private static readonly BulkAction Retrying = new(
        static (task, _) => IsRetryable(task),
        static (task, filter) => IsRetryable(task) && !task.HadSecrets && (!task.IsQuarantined || filter.Quarantined == true),
        static (dispatcher, filter, ids) => dispatcher.Retry(ids, passesOverQuarantined: filter.Quarantined != true))
    {
        IsLeftOut = static task => task.IsWorkflowNode && HasFailed(task),
    };

    /// <summary>Cancels the matching tasks that have not ended.</summary>
    internal Task Cancel(HttpContext context, ApiCall call) => Run(context, call, Cancelling);

    /// <summary>Retries the matching tasks that have failed or were cancelled.</summary>
    internal Task Retry(HttpContext context, ApiCall call) => Run(context, call, Retrying);

    private static bool IsRetryable(TaskMatch task) => HasFailed(task) && !task.IsWorkflowNode;

    private static bool HasFailed(TaskMatch task) => task.State is TaskState.Failed or TaskState.Cancelled;

    private async Task Run(HttpContext context, ApiCall call, BulkAction action)
    {
        var query = context.ReadQuery(call);
        var isDry = query.Flag("dryRun");
        int? expected = query.Text("expect") is null ? null : query.Integer("expect", 0, MostExpected, defaultValue: 0);
        if (query.Count == Parameters.Count(parameter => query.Text(parameter.Name) is not null))
            throw QueryValues.Refuse("A bulk operation requires at least one filter. The filters are those of /api/v1/tasks.");
        // Exclude tasks created from now on; otherwise a call on a busy service might never end.
        var now = time.GetUtcNow().ToUnixTimeMilliseconds() + 1;
        var given = FilterQuery.Read(query, now);
        var filter = given with { CreatedBefore = Math.Min(given.CreatedBefore ?? now, now) };
        if (!isDry && expected is null)
        {
            await Change(context, filter, action);
            return;
        }

        var preview = await Look(filter, action, isDry ? SampleSize : expected!.Value, context);
        if (expected is { } most && preview.WouldChange > most)
            throw new ProblemException(Problems.ChangedMeanwhile(preview.WouldChange, most));
        if (isDry)
            await Send(context, action, preview);
        else
            await Change(context, filter, action, preview);
    }

    /// <summary>
    /// Counts what would change, and keeps up to <paramref name="kept"/> of those tasks, oldest first.
    /// </summary>
    private async Task<BulkPreview> Look(TaskFilter filter, BulkAction action, int kept, HttpContext context)
    {
        var preview = new BulkPreview();
        await foreach (var page in Pages(filter, context))
        {
            preview.LeftOut += action.CountLeftOut(page);
            foreach (var task in page)
            {
                preview.ByState[(int)task.State]++;
                if (!action.WouldChange(task, filter))
                    continue;
                preview.WouldChange++;
                if (preview.Tasks.Count < kept)
                    preview.Tasks.Add((task.Queue, task.Id));
            }
        }

        return preview;
    }

    private async Task Change(HttpContext context, TaskFilter filter, BulkAction action, BulkPreview? chosen = null)
    {
        var (matched, changed, leftOut) = (0L, 0L, 0L);
        try
        {
            if (chosen is null)
            {
                await foreach (var page in Pages(filter, context))
                {
                    matched += page.Length;
                    leftOut += action.CountLeftOut(page);
                    await ChangeAll(page.Where(task => action.Concerns(task, filter)).Select(static task => (task.Queue, task.Id)));
                }
            }
            else
            {
                (matched, leftOut) = (chosen.ByState.Sum(), chosen.LeftOut);
                foreach (var page in chosen.Tasks.Chunk(PageSize))
                {
                    context.RequestAborted.ThrowIfCancellationRequested();
                    await ChangeAll(page);
                }
            }
        }
        catch (Exception fault) when (changed > 0 && Faults.IsPassing(fault))
        {
            // Some tasks were changed, and the state of the rest is unknown. The caller can send the same filter again.
            throw new ProblemException(Problems.OutcomeUnknown());
        }

        await Send(context, action, matched, changed, leftOut);

        async Task ChangeAll(IEnumerable<(string Queue, TaskId Id)> tasks)
        {
            foreach (var queue in tasks.GroupBy(static task => task.Queue, static task => task.Id))
            {
                var outcomes = await grains.Writes.Once(
                    () => action.Change(grains.Dispatcher(queue.Key), filter, [.. queue]));
                changed += outcomes.Count(static outcome => outcome == ControlOutcome.Changed);
            }
        }
    }

    private async IAsyncEnumerable<ImmutableArray<TaskMatch>> Pages(TaskFilter filter, HttpContext context)
    {
        TaskId? after = null;
        ImmutableArray<TaskMatch> page;
        do
        {
            // The caller may have disconnected, or its key may have been revoked.
            context.RequestAborted.ThrowIfCancellationRequested();
            var last = after;
            page = await reads.Run(
                context, cancellation => grains.Tasks.Match(filter, last, PageSize, cancellation), isAdmitted: after is not null);
            if (page.Length > 0)
                after = page[^1].Id;
            yield return page;
        }
        while (page.Length == PageSize);
    }

    private static async Task Send(HttpContext context, BulkAction action, long matched, long changed, long leftOut)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteNumber("matched"u8, matched);
        json.Writer.WriteNumber("changed"u8, changed);
        // An operation that changed nothing is not recorded, so it cannot be undone.
        json.Writer.WriteString("operation"u8, changed == 0 ? null : UndoCalls.Present?.ToString());
        WriteLeftOut(json.Writer, action, leftOut);
        json.Writer.WriteEndObject();
        await json.Send(context.Response);
    }

    private static async Task Send(HttpContext context, BulkAction action, BulkPreview preview)
    {
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteNumber("matched"u8, preview.ByState.Sum());
        json.Writer.WriteNumber("wouldChange"u8, preview.WouldChange);
        json.Writer.WriteStartObject("byState"u8);
        foreach (var state in TaskStates.All)
        {
            if (preview.ByState[(int)state] is > 0 and var count)
                json.Writer.WriteNumber(state.Name(), count);
        }

        json.Writer.WriteEndObject();
        json.Writer.WriteStartArray("sample"u8);
        if (context.MayRead())
        {
            foreach (var (_, id) in preview.Tasks)
                json.Writer.WriteStringValue(id.ToString());
        }

        json.Writer.WriteEndArray();
        WriteLeftOut(json.Writer, action, preview.LeftOut);
        json.Writer.WriteEndObject();
        await json.Send(context.Response);
    }

    private static void WriteLeftOut(Utf8JsonWriter json, BulkAction action, long leftOut)
    {
        if (action.IsLeftOut is not null)
            json.WriteNumber("workflowNodes"u8, leftOut);
    }

    /// <summary>The parts in which a bulk cancel and a bulk retry differ.</summary>
    /// <param name="Concerns">Whether the call asks a task's dispatcher to change the task.</param>
    /// <param name="WouldChange">Whether the dispatcher would change the task, as far as the store shows.</param>
    /// <param name="Change">Asks the dispatcher to change tasks.</param>
    private sealed record BulkAction(
        Func<TaskMatch, TaskFilter, bool> Concerns,
        Func<TaskMatch, TaskFilter, bool> WouldChange,
        Func<ITaskDispatcherGrain, TaskFilter, ImmutableArray<TaskId>, Task<ImmutableArray<ControlOutcome>>> Change)
    {
        /// <summary>
        /// Whether the call leaves a task out, because it runs again with its workflow; null if none is left out.
        /// </summary>
        public Func<TaskMatch, bool>? IsLeftOut { get; init; }

        public long CountLeftOut(ImmutableArray<TaskMatch> page) => IsLeftOut is null ? 0 : page.Count(IsLeftOut);
    }

    /// <summary>The number of matching tasks by state, and those that would change.</summary>
    private sealed class BulkPreview
    {
        public long[] ByState { get; } = new long[TaskStates.All.Length];

        public long WouldChange { get; set; }

        public long LeftOut { get; set; }

        public List<(string Queue, TaskId Id)> Tasks { get; } = [];
    }
}
