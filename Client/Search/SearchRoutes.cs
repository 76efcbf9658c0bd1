using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Search;

/// <summary>The call <c>/search</c>.</summary>
public static class SearchRoutes
{
    private static readonly ApiCall Get =
        new(
            "GET", "/api/v1/search", Scopes.Read, "search",
            "Find tasks, jobs, workflows, rollouts, queues, nodes and schedules by id, name, command or label.")
    { Query = SearchCalls.Parameters, Answer = typeof(SearchAnswer), Refusals = [429, 503] };

    /// <summary>Maps the call.</summary>
    public static void MapSearch(this IEndpointRouteBuilder routes)
    {
        var calls = routes.ServiceProvider.GetRequiredService<SearchCalls>();
        routes.MapCall(Get, context => calls.Get(context, Get));
    }
}
