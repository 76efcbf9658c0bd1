using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.OutputSearch;

/// <summary>The calls <c>output/search</c> of tasks and attempts, and <c>logs/search</c> of many tasks.</summary>
public static class OutputSearchRoutes
{
    private const string Task = "/api/v1/tasks/{id}";

    private static readonly ApiCall Latest =
        new("GET", Task + "/output/search", Scopes.Read, "tasks",
            "Find lines in the output of the latest attempt; a call searches up to 256 MiB or 2 s.")
        {
            Query =
            [
                new("q", "The text to find, 1 to 200 characters; with regex=true a pattern.", "quota"),
                new("regex",
                    "true: q is a regular expression, matched line by line in linear time; false by default.", "true"),
                new("ignoreCase", "true: ignore letter case; false by default.", "true"),
                new("stream", "Only stdout or only stderr.", "stderr"),
                new("limit", "Maximum lines in the answer: 1 to 1000, by default 100.", "100"),
                new("from",
                    "An earlier answer's next, to continue there in the same attempt.", "1-stdout-268435456-4112007-0"),
            ],
            Answer = typeof(OutputMatchesAnswer),
            Refusals = [404, 429, 503],
        };

    private static readonly ApiCall OfAttempt = Latest with
    {
        Path = Task + "/attempts/{attempt}/output/search",
        Summary = "Find lines in the output of an attempt; a call searches up to 256 MiB or 2 s.",
    };

    private static readonly ApiCall OfMany = new("GET", "/api/v1/logs/search", Scopes.Read, "tasks",
        "Find lines in the output of the latest attempts of all tasks that the filters match, newest task first; a call "
        + "searches up to 10,000 tasks, 256 MiB or 2 s.")
    {
        Query = [.. Latest.Query.Where(static one => one.Name is not ("stream" or "from")), .. LogsSearchCalls.Filters],
        Answer = typeof(LogMatchesAnswer),
        Refusals = [429, 503],
    };

    /// <summary>Maps the calls.</summary>
    public static void MapOutputSearch(this IEndpointRouteBuilder routes)
    {
        var calls = routes.ServiceProvider.GetRequiredService<OutputSearchCalls>();
        routes.MapCall(Latest, context => calls.Get(context, Latest));
        routes.MapCall(OfAttempt, context => calls.Get(context, OfAttempt));
        var many = routes.ServiceProvider.GetRequiredService<LogsSearchCalls>();
        routes.MapCall(OfMany, context => many.Get(context, OfMany));
    }
}
