using OrleansTasks.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Figures;

/// <summary>The call <c>/series</c>.</summary>
internal static class SeriesCalls
{
    private static readonly ApiCall Get =
        new("GET", "/api/v1/series", Scopes.Read, "operations",
            "Get figures of tasks, queues, nodes, commits and grains over time.")
    { Query = SeriesQuery.Parameters, Answer = typeof(SeriesAnswer) };

    /// <summary>Maps the call.</summary>
    public static void MapSeries(this IEndpointRouteBuilder routes)
    {
        var collector = routes.ServiceProvider.GetRequiredService<FigureCollector>();
        var time = routes.ServiceProvider.GetRequiredService<TimeProvider>();
        routes.MapCall(Get, async context =>
        {
            var reading = collector.Read(SeriesQuery.Read(context.ReadQuery(Get), time.GetUtcNow()));
            await ContractJson.Send(context, SeriesAnswer.Of(reading));
        });
    }
}
