using OrleansTasks.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Failures;

/// <summary>The call under <c>/failures</c>.</summary>
public static class FailureRoutes
{
    private static readonly ApiCall List = new(
        "GET", "/api/v1/failures", Scopes.Read, "tasks",
        "List failed tasks grouped by fingerprint, largest group first.")
    {
        Query =
        [
            new("queue", "Only tasks of this queue.", "default"),
            new("name", "Only tasks with exactly this name.", "touch"),
            new("since", "Only tasks that failed at or after this RFC 3339 time.", "2026-11-05T09:30:00Z"),
            new("limit", "Maximum groups in the answer: 1 to 1000, by default 100.", "100"),
            new("cursor", "An earlier answer's nextCursor, to continue after it.", "AZ-Q2ZKCcACAAAAAAAAAAAAAAAAA"),
        ],
        Answer = typeof(PagedList<FailureAnswer>), Refusals = [429, 503],
    };

    /// <summary>Maps the call.</summary>
    public static void MapFailures(this IEndpointRouteBuilder routes)
    {
        var failures = routes.ServiceProvider.GetRequiredService<FailureCalls>();
        routes.MapCall(List, context => failures.List(context, List));
    }
}
