using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Failures;

/// <summary>The call under <c>/failures</c>.</summary>
public static class FailureRoutes
{
    private static readonly ApiCall List =
        new("GET", "/api/v1/failures", Scopes.Read, "tasks", "Finally failed tasks in groups of one cause, most tasks first.")
    {
        Query =
        [
            new("queue", "Only tasks of this queue.", "default"),
            new("name", "Only tasks with exactly this name.", "touch"),
            new("since", "Only tasks that failed at this RFC 3339 time or later.", "2026-11-05T09:30:00Z"),
            new("limit", "The most groups of one answer: 1 to 1000, by default 100.", "100"),
            new("cursor", "An earlier answer's nextCursor: goes on after it.", "AZ-Q2ZKCcACAAAAAAAAAAAAAAAAA"),
        ],
        Answer = "FailureList", Refusals = [429, 503],
    };

    /// <summary>Maps the call.</summary>
    public static void MapFailures(this IEndpointRouteBuilder routes)
    {
        var failures = routes.ServiceProvider.GetRequiredService<FailureCalls>();
        routes.MapCall(List, context => failures.List(context, List));
    }
}
