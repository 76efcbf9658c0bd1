using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>The calls under <c>/tasks</c> and <c>/batches</c>.</summary>
public static class TaskRoutes
{
    private const string Root = "/api/v1/tasks";

    private static readonly QueryParameter Wait =
        new("wait", "Answer when the task has ended, but at the latest after this duration of up to 60s.", "30s");

    private static readonly ApiCall SubmitShort =
        new("POST", "/tasks", Scopes.Submit, "tasks", "Submit a task; a short form of POST /api/v1/tasks.")
    { Name = "postTask", Query = SubmitCalls.Parameters, Body = "TaskSpec", Answer = typeof(TaskAnswer), DryAnswer = "TaskDryRun", Success = 202, Headers = [Idempotency.Header],
        Refusals = [409, 422, 429, 503, 504] };

    private static readonly ApiCall Submit = SubmitShort with { Name = null, Path = Root, Summary = "Submit a task." };

    private static readonly ApiCall SubmitBatch = Submit with
    { Path = Root + "/batch", Query = [], DryAnswer = null, Body = "BatchSpec", Answer = "BatchAccepted",
        Summary = "Submit up to 10,000 tasks of one queue; all are accepted or none." };

    private static readonly ApiCall Get =
        new("GET", Root + "/{id}", Scopes.Read, "tasks", "Get a task, at once or when it has ended.")
    { Run = RunReach.Runs, Query = [Wait], Answer = typeof(TaskAnswer), Refusals = [404, 503] };

    private static readonly ApiCall List = new("GET", Root, Scopes.Read, "tasks", "List tasks, newest first or in another order.")
    { Query = [.. FilterQuery.Parameters, .. ListCalls.ListParameters], Answer = "TaskList", Refusals = [422, 429, 503] };

    private static readonly ApiCall Histogram =
        new("GET", Root + "/histogram", Scopes.Read, "tasks", "Count the tasks that the filters match by creation time.")
    { Query = [.. FilterQuery.Parameters, .. ListCalls.HistogramParameters], Answer = typeof(HistogramAnswer), Refusals = [429, 503] };

    private static readonly ApiCall Cancel =
        new("POST", Root + "/{id}/cancel", Scopes.Submit, "tasks", "Cancel a task.")
    { Audit = AuditActions.CancelTasks, RefusesBody = true, Answer = typeof(TaskAnswer), Success = 202,
        Refusals = [404, 409, 503, 504] };

    private static readonly ApiCall Retry =
        new("POST", Root + "/{id}/retry", Scopes.Submit, "tasks", "Queue a failed or cancelled task again.")
    { Audit = AuditActions.RetryTasks, RefusesBody = true, Answer = typeof(TaskAnswer), Success = 202,
        Refusals = [404, 409, 429, 503, 504] };

    private static readonly ApiCall BulkCancel =
        new("POST", Root + "/cancel", Scopes.Operate, "tasks", "Cancel all tasks that the filters match.")
    { Audit = AuditActions.CancelTasks, RefusesBody = true,
        Query = [.. FilterQuery.Parameters, .. BulkCalls.Parameters],
        Answer = "BulkAccepted", DryAnswer = "BulkDryRun",
        Success = 202, Refusals = [409, 429, 503, 504] };

    private static readonly ApiCall BulkRetry = BulkCancel with
    { Audit = AuditActions.RetryTasks, Path = Root + "/retry", Summary = "Retry all tasks that the filters match." };

    private static readonly ApiCall Summary =
        new("GET", Root + "/summary", Scopes.Read, "tasks", "Count the tasks that the filters match.")
    { Query = FilterQuery.Parameters, Answer = typeof(SummaryAnswer), Refusals = [429, 503] };

    private static readonly ApiCall Why =
        new("GET", Root + "/{id}/why", Scopes.Read, "tasks", "Get why a task is not running yet.")
    { Query = WhyCalls.Parameters, Answer = "Why", Refusals = [404, 503] };

    private static readonly ApiCall Attempts =
        new("GET", Root + "/{id}/attempts", Scopes.Read, "tasks", "List a task's attempts, oldest first.")
    { Run = RunReach.Runs, Answer = typeof(WholeList<AttemptAnswer>), Refusals = [404, 503] };

    private static readonly ApiCall Result =
        new("GET", Root + "/{id}/result", Scopes.Read, "tasks", "Get the result that a task's command wrote.")
    { Run = RunReach.Runs, Answer = "Result", Refusals = [404, 503] };

    private static readonly ApiCall Timeline =
        new("GET", Root + "/{id}/timeline", Scopes.Read, "tasks", "List what happened to a task, oldest first.")
    { Run = RunReach.Runs, Answer = typeof(WholeList<TimelineEntryAnswer>), Refusals = [404, 503] };

    private static readonly ApiCall Output = new("GET", Root + "/{id}/output/stdout", Scopes.Read, "tasks",
        "Get the standard output of the latest attempt.")
    { Run = RunReach.Runs, Produces = OutputCalls.Type, Headers = ["Range"], Refusals = [404, 416, 503] };

    private static readonly ApiCall Index =
        new("GET", Root + "/{id}/attempts/{attempt}/output/index", Scopes.Read, "tasks",
            "When one attempt's output arrived, and in which order that of both streams did.")
    { Run = RunReach.Runs, Answer = typeof(OutputIndexAnswer), Refusals = [404, 503] };

    private static readonly ApiCall Logs =
        new("GET", Root + "/{id}/logs", Scopes.Read, "tasks", "Follow a task's output as server-sent events.")
    {
        Run = RunReach.Runs,
        Query =
        [
            new("follow", "true: continue until the task has ended.", "true"),
            new("attempt", "Only this attempt; by default the latest one and those that follow.", "1"),
        ],
        Headers = ["Last-Event-ID"], Produces = EventStream.Type, Answer = "LogEvent", Refusals = [404, 429, 503],
    };

    private static readonly ApiCall Batch =
        new("GET", "/api/v1/batches/{id}", Scopes.Read, "tasks", "Get the progress of a batch.")
    { Query = [Wait], Answer = typeof(BatchAnswer), Refusals = [404, 503] };

    /// <summary>Maps the calls.</summary>
    public static void MapTasks(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var submits = services.GetRequiredService<SubmitCalls>();
        routes.MapCall(SubmitShort, context => submits.SubmitOne(context, SubmitShort));
        routes.MapCall(Submit, context => submits.SubmitOne(context, Submit));
        routes.MapCall(SubmitBatch, context => submits.SubmitBatch(context, SubmitBatch));

        var reads = services.GetRequiredService<ReadCalls>();
        var lists = services.GetRequiredService<ListCalls>();
        routes.MapCall(List, context => lists.List(context, List));
        routes.MapCall(Histogram, context => lists.Histogram(context, Histogram));
        routes.MapCall(Summary, context => reads.Summarize(context, Summary));
        routes.MapCall(Get, context => reads.Get(context, Get));
        var whys = services.GetRequiredService<WhyCalls>();
        routes.MapCall(Why, context => whys.Get(context, Why));
        routes.MapCall(Attempts, reads.Attempts);
        routes.MapCall(Timeline, reads.Timeline);
        routes.MapCall(Result, services.GetRequiredService<ResultCalls>().Get);
        var batches = services.GetRequiredService<BatchCalls>();
        routes.MapCall(Batch, context => batches.Get(context, Batch));

        var controls = services.GetRequiredService<ControlCalls>();
        routes.MapCall(Cancel, controls.Cancel);
        routes.MapCall(Retry, controls.Retry);
        var bulk = services.GetRequiredService<BulkCalls>();
        routes.MapCall(BulkCancel, context => bulk.Cancel(context, BulkCancel));
        routes.MapCall(BulkRetry, context => bulk.Retry(context, BulkRetry));

        MapOutput(routes, services.GetRequiredService<OutputCalls>());
        routes.MapCall(Index, services.GetRequiredService<OutputIndexCalls>().Get);
        var logs = services.GetRequiredService<LogCalls>();
        routes.MapCall(Logs, context => logs.Get(context, Logs));
    }

    private static void MapOutput(IEndpointRouteBuilder routes, OutputCalls outputs)
    {
        foreach (var (stream, name) in new[] { (OutputStream.Stdout, "stdout"), (OutputStream.Stderr, "stderr") })
        {
            var words = stream == OutputStream.Stdout ? "standard output" : "standard error";
            routes.MapCall(
                Output with { Path = $"{Root}/{{id}}/output/{name}",
                    Summary = $"Get the {words} of the latest attempt." },
                context => outputs.Get(context, stream));
            routes.MapCall(
                Output with { Path = $"{Root}/{{id}}/attempts/{{attempt}}/output/{name}",
                    Summary = $"Get the {words} of an attempt." },
                context => outputs.Get(context, stream));
        }
    }
}
