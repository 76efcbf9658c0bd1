using OrleansTasks.Audit;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Shows tasks.</summary>
/// <param name="grains">Reads tasks.</param>
/// <param name="waits">Waits for tasks to end.</param>
/// <param name="reads">Limits concurrent long reads.</param>
/// <param name="answers">Limits the bytes of large answers.</param>
/// <param name="time">The clock.</param>
public sealed class ReadCalls(
    GatewayGrains grains, TaskWaits waits, LongReads reads, AnswerBudget answers, TimeProvider time)
{
    private const int MostEntries = 1_000;

    // A timeline looks for undos of this many of the latest requests only.
    private const int MostUndos = 20;

    /// <summary>Returns the task that the route names. Throws 404 if it does not exist.</summary>
    internal async Task<TaskRecord> Find(HttpContext context) =>
        await grains.Tasks.Get(IdOf(context)) ?? throw NoTask();

    /// <summary>
    /// Returns the task that the route names as a row of a list, without its spec; null if it does not exist. There is room
    /// while the store reads it with its spec.
    /// </summary>
    internal async Task<TaskRecord?> FindRow(HttpContext context, ApiCall call)
    {
        using var room = await answers.Hold(context, call.Room);
        return await grains.Tasks.GetRows([IdOf(context)]) is [var row] ? row : null;
    }

    /// <summary>Returns the id in the route. Throws 404 if it is not an id.</summary>
    internal static TaskId IdOf(HttpContext context) =>
        TaskId.TryParse(context.Request.RouteValues["id"] as string, out var id) ? id : throw NoTask();

    /// <summary>Returns the exception for 404: no such task.</summary>
    internal static ProblemException NoTask() =>
        new(Problems.NotFound("No task has this id. The service deletes ended tasks after the retention time."));

    /// <summary>Sends a task as the answer, or only its id, state and version to a caller that may not read.</summary>
    internal static Task Send(HttpContext context, TaskRecord task)
    {
        var json = JsonAnswer.Rent();
        if (context.MayRead())
            HotJson<TaskAnswer>.Write(json.Writer, TaskAnswer.Of(task));
        else
            BriefAnswer.Write(json.Writer, task.Id.ToString(), task.State.Name(), task.Version);
        return json.Send(context.Response);
    }

    /// <summary>Returns one task, at once or when it has ended.</summary>
    internal async Task Get(HttpContext context, ApiCall call)
    {
        var wait = context.ReadQuery(call).Duration("wait", TaskWaits.Longest) ?? TimeSpan.Zero;
        var task = await waits.Ended(
            IdOf(context), wait, () => answers.Hold(context, call.Room), context.RequestAborted);
        await Send(context, task ?? throw NoTask());
    }

    /// <summary>Counts the tasks that the filters match.</summary>
    internal async Task Summarize(HttpContext context, ApiCall call)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var filter = FilterQuery.Read(context.ReadQuery(call), now);
        var summary = await reads.Run(context, cancellation => grains.Tasks.Summarize(filter, cancellation));
        await ContractJson.Send(context, SummaryAnswer.Of(summary));
    }

    /// <summary>Lists a task's attempts.</summary>
    internal async Task Attempts(HttpContext context)
    {
        var attempts = await grains.Tasks.Attempts(IdOf(context)) ?? throw NoTask();
        await ContractJson.Send(context, new WholeList<AttemptAnswer>(attempts.Select(AttemptAnswer.Of)));
    }

    /// <summary>Lists what happened to a task, oldest first.</summary>
    internal async Task Timeline(HttpContext context)
    {
        var task = await Find(context);
        var asked = await grains.Audit.List(new AuditQuery(null, null, task.Id.ToString(), null, MostEntries));
        var entries = TaskTimeline.Of(
            task, await grains.Tasks.Attempts(task.Id) ?? [], [.. asked, .. await UndosOf(asked)]);
        await ContractJson.Send(
            context, new WholeList<TimelineEntryAnswer>(entries.TakeLast(MostEntries).Select(TimelineEntryAnswer.Of)));
    }

    // The audit records an undo under the operation that it undoes, not under the task.
    private async Task<IEnumerable<AuditRecord>> UndosOf(ImmutableArray<AuditRecord> asked)
    {
        var undos = new List<AuditRecord>();
        foreach (var record in asked.Take(MostUndos))
        {
            undos.AddRange(await grains.Audit.List(
                new AuditQuery(null, AuditActions.UndoTasks, record.Origin.Id.ToString(), null, 1)));
        }

        return undos;
    }
}
