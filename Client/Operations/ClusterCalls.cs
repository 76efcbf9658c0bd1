using OrleansTasks.Access;
using OrleansTasks.Client.Hosting;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster.Status;

namespace OrleansTasks.Client.Operations;

/// <summary>Shows the engine, its silos and grains, the store and the versions.</summary>
public static class ClusterCalls
{
    private static readonly ApiCall Cluster = new("GET", "/api/v1/cluster", Scopes.Read, "operations",
        "Get the engine, its silos and grains, the store and the versions.")
    { Answer = typeof(ClusterAnswer), Refusals = [503] };

    /// <summary>Maps <c>/api/v1/cluster</c>.</summary>
    public static void MapCluster(this IEndpointRouteBuilder routes)
    {
        var engine = routes.ServiceProvider.GetRequiredService<IEngineWatch>();
        var grains = routes.ServiceProvider.GetRequiredService<GatewayGrains>();
        var certificates = routes.ServiceProvider.GetRequiredService<CertificateWatch>();
        // A named cluster of silos shares a PostgreSQL database; a single silo keeps its tasks in a SQLite file.
        var isPostgres = routes.ServiceProvider.GetService<GatewayOptions>() is { Database: not null }
            or { Target.Cluster: not null };
        routes.MapCall(Cluster, async context =>
        {
            var health = grains.Cluster.Store();
            var status = await engine.Read();
            await ContractJson.Send(
                context, ClusterAnswer.Of(status, await health, isPostgres ? "postgresql" : "sqlite", certificates.All));
        });
    }
}
