using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Jobs;

/// <summary>The calls under <c>/jobs</c>.</summary>
public static class JobRoutes
{
    private const string Root = "/api/v1/jobs";

    // The aggregates and failures of a job may have megabytes.
    private const int Room = ServiceLimits.ListBytes;

    private static readonly QueryParameter[] Paging =
    [
        new("limit", "Maximum items in the answer: 1 to 1000, by default 100.", "100"),
        new("cursor", "An earlier answer's nextCursor, to continue after it.", "AZ-Q2ZKCcACAAAAAAAAAAAAAAAAA"),
    ];

    private static readonly ApiCall Submit =
        new("POST", Root, Scopes.Submit, "jobs", "Submit a data job.")
    { Body = "JobSpec", Answer = typeof(JobAnswer), Success = 202, Headers = [Idempotency.Header],
        Refusals = [409, 422, 429, 503, 504] };

    private static readonly ApiCall List =
        new("GET", Root, Scopes.Read, "jobs", "List jobs, newest first.")
    { Query = [.. JobQuery.Parameters, .. Paging], Answer = typeof(PagedList<JobAnswer>), Refusals = [429, 503] };

    private static readonly ApiCall Get =
        new("GET", Root + "/{id}", Scopes.Read, "jobs", "Get a job, at once or when it has ended.")
    { Run = RunReach.Runs, Query = [new("wait", "Answer when the job has ended, but at the latest after this duration of up to 60s.", "30s")],
        Answer = typeof(JobAnswer), Room = Room, Refusals = [404, 503] };

    private static readonly ApiCall Spec =
        new("GET", Root + "/{id}/spec", Scopes.Read, "jobs", "Get a job's spec, as submitted. Submit it again to run the job again.")
    { Answer = "JobSpec", Refusals = [404, 503] };

    private static readonly ApiCall Cancel =
        new("POST", Root + "/{id}/cancel", Scopes.Submit, "jobs", "Cancel a job; its aggregate keeps the items done so far.")
    { Audit = AuditActions.CancelJob, RefusesBody = true, Answer = typeof(JobAnswer), Success = 202, Room = Room,
        Refusals = [404, 409, 503, 504] };

    private static readonly ApiCall Append = new("POST", Root + "/{id}/items", Scopes.Submit, "jobs",
        "Post items to a job with the source stream, as any number of JSON lines. Answers once all are on disk.")
    { Query = ItemCalls.Parameters, Body = "ItemLines", BodyType = "application/x-ndjson",
        Answer = typeof(ItemsAcceptedAnswer), Success = 202, Refusals = [404, 409, 422, 429, 503, 504] };

    private static readonly ApiCall Close =
        new("POST", Root + "/{id}/close", Scopes.Submit, "jobs", "Close a job with the source stream: no more items will come.")
    { RefusesBody = true, Answer = typeof(JobAnswer), Success = 202, Room = Room, Refusals = [404, 409, 503, 504] };

    private static readonly ApiCall Results =
        new("GET", Root + "/{id}/results", Scopes.Read, "jobs", "Get the results that a job with the aggregate "
            + "collect has collected, as JSON lines.")
    { Run = RunReach.Runs, Produces = "application/x-ndjson", Answer = "ItemLines", Refusals = [404, 409, 503] };

    private static readonly ApiCall Failures =
        new("GET", Root + "/{id}/failures", Scopes.Read, "jobs", "List the first 10,000 items and chunks that failed.")
    { Run = RunReach.Runs, Query = Paging, Answer = typeof(PagedList<JobFailureAnswer>), Room = Room,
        Refusals = [404, 503] };

    private static readonly ApiCall Stats =
        new("GET", Root + "/{id}/stats", Scopes.Read, "jobs", "Get what holds a job back, its stages and its stragglers.")
    { Answer = typeof(JobStatsAnswer), Refusals = [404, 503] };

    private static readonly ApiCall Chunks = new("GET", Root + "/{id}/chunks", Scopes.Read, "jobs",
        "List a job's chunks: all open ones, and of the ended ones the slowest 200, the latest 100 and the failed ones.")
    { Query = [.. JobInsightCalls.ChunkParameters, .. Paging], Answer = typeof(PagedList<JobChunkAnswer>),
        Refusals = [404, 503] };

    private static readonly ApiCall Coverage = new("GET", Root + "/{id}/coverage", Scopes.Read, "jobs",
        "Get which parts of the source are done, as runs of cells in one state, in the source's order.")
    { Query = JobInsightCalls.CoverageParameters, Answer = "JobCoverage", Refusals = [404, 503] };

    private static readonly ApiCall History =
        new("GET", Root + "/{id}/history", Scopes.Read, "jobs", "Get how a job's items and aggregates grew over time.")
    { Answer = typeof(JobHistoryAnswer), Refusals = [404, 503] };

    /// <summary>Maps the calls.</summary>
    public static void MapJobs(this IEndpointRouteBuilder routes)
    {
        var jobs = routes.ServiceProvider.GetRequiredService<JobCalls>();
        routes.MapCall(Submit, context => jobs.Submit(context, Submit));
        routes.MapCall(List, context => jobs.List(context, List));
        routes.MapCall(Get, context => jobs.Get(context, Get));
        routes.MapCall(Spec, jobs.Spec);
        routes.MapCall(Cancel, jobs.Cancel);
        var items = routes.ServiceProvider.GetRequiredService<ItemCalls>();
        routes.MapCall(Append, context => items.Append(context, Append));
        routes.MapCall(Close, items.Close);
        routes.MapCall(Results, jobs.Results);
        routes.MapCall(Failures, context => jobs.Failures(context, Failures));
        var insights = routes.ServiceProvider.GetRequiredService<JobInsightCalls>();
        routes.MapCall(Stats, insights.Stats);
        routes.MapCall(Chunks, context => insights.Chunks(context, Chunks));
        routes.MapCall(Coverage, context => insights.Coverage(context, Coverage));
        routes.MapCall(History, insights.History);
    }
}
