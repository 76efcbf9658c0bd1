using OrleansTasks.Access;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Cluster.Status;

namespace OrleansTasks.Client.Operations;

/// <summary>Shows the recent calls of grains, and the state of each silo's process.</summary>
internal static class GrainCalls
{
    private static readonly (string Name, TimeSpan Length)[] Windows =
        [("10s", TimeSpan.FromSeconds(10)), ("1m", TimeSpan.FromMinutes(1)), ("5m", TimeSpan.FromMinutes(5))];

    private static readonly QueryParameter[] Parameters =
        [new("window", "The time to look back: 10s, 1m or 5m; by default 1m.", "1m")];

    private static readonly ApiCall List =
        new("GET", "/api/v1/cluster/grains", Scopes.Read, "operations",
            "List grains by type with their recent calls; those that take the most time first.")
    { Query = Parameters, Answer = typeof(WholeList<GrainTypeAnswer>), Refusals = [503] };

    private static readonly ApiCall Get =
        new("GET", "/api/v1/cluster/grains/{type}", Scopes.Read, "operations",
            "Get a type of grains with its recent calls by method.")
    { Query = Parameters, Answer = typeof(GrainAnswer), Refusals = [404, 503] };

    private static readonly ApiCall Silo =
        new("GET", "/api/v1/cluster/silos/{name}", Scopes.Read, "operations",
            "Get a silo's process: processor, memory and garbage collection.")
    { Answer = typeof(SiloAnswer), Refusals = [404] };

    /// <summary>Maps the calls.</summary>
    public static void MapGrains(this IEndpointRouteBuilder routes)
    {
        var collector = routes.ServiceProvider.GetRequiredService<FigureCollector>();
        var engine = routes.ServiceProvider.GetRequiredService<IEngineWatch>();
        routes.MapCall(List, async context =>
        {
            var window = collector.ReadCalls(WindowOf(context.ReadQuery(List)));
            var activations = (await engine.Read()).Activations;
            var calls = window.Calls.Where(static call => GrainTypes.Of(call.Grain) is not null)
                .ToLookup(static call => GrainTypes.Of(call.Grain)!, StringComparer.Ordinal);
            var types = activations.Select(static type => type.Key)
                .Union(calls.Select(static type => type.Key), StringComparer.Ordinal)
                .OrderByDescending(type => calls[type].Sum(static call => call.Total))
                .ThenBy(static type => type, StringComparer.Ordinal);
            await ContractJson.Send(context, new WholeList<GrainTypeAnswer>(
                types.Select(type => GrainTypeAnswer.Of(type, Active(activations, type), calls[type], window.Seconds))));
        });
        routes.MapCall(Get, async context =>
        {
            var type = context.Request.RouteValues["type"] as string ?? "";
            var window = collector.ReadCalls(WindowOf(context.ReadQuery(Get)));
            var activations = (await engine.Read()).Activations;
            var calls = window.Calls.Where(call => GrainTypes.Of(call.Grain) == type).ToArray();
            if (calls.Length == 0 && !activations.Any(one => one.Key == type))
                throw new ProblemException(Problems.NotFound(
                    "No grains of this type are in memory; /api/v1/cluster/grains lists the types that are."));
            await ContractJson.Send(context, GrainAnswer.Of(type, Active(activations, type), calls, window.Seconds));
        });
        routes.MapCall(Silo, async context =>
        {
            var name = context.Request.RouteValues["name"] as string;
            var silo = collector.Silos.FirstOrDefault(silo => silo.Figures.Silo == name)
                ?? throw new ProblemException(
                    Problems.NotFound("No silo has this name; /api/v1/cluster lists the silos."));
            await ContractJson.Send(context, SiloAnswer.Of(silo));
        });
    }

    private static TimeSpan WindowOf(in QueryValues query)
    {
        var given = query.Text("window") ?? "1m";
        var (name, length) = Array.Find(Windows, window => window.Name == given);
        return name is null ? throw QueryValues.Refuse("'window' must be 10s, 1m or 5m.") : length;
    }

    private static long Active(IReadOnlyList<KeyValuePair<string, long>> activations, string type) =>
        activations.FirstOrDefault(one => one.Key == type).Value;
}
