using System.Reflection;
using OrleansTasks.Cluster.Link;

namespace OrleansTasks.Cluster.Status;

/// <summary>Reads the cluster's figures through Orleans' management grain, which asks every silo.</summary>
public class OrleansEngineWatch(IGrainFactory grains) : IEngineWatch
{
    /// <inheritdoc/>
    public async Task<EngineStatus> Read()
    {
        var management = grains.GetGrain<IManagementGrain>(0);
        var hosts = management.GetDetailedHosts(onlyActive: false);
        var activations = management.GetSimpleGrainStatistics();
        var figures = await Figures();
        return new EngineStatus(
            OrleansCommon.Name,
            typeof(IGrainFactory).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            [.. (await hosts).Select(host => ViewOf(host, figures))],
            [.. (await activations)
                .GroupBy(static type => NameOf(type.GrainType), static type => (long)type.ActivationCount, StringComparer.Ordinal)
                .OrderBy(static type => type.Key, StringComparer.Ordinal)
                .Select(static type => KeyValuePair.Create(type.Key, type.Sum()))],
            [.. figures.SelectMany(static silo => silo.Calls)
                .GroupBy(static figure => (figure.Grain, figure.Method))
                .Select(static method => method.Aggregate(static (one, other) => one.And(other)))
                .OrderBy(static figure => figure.Grain, StringComparer.Ordinal)
                .ThenBy(static figure => figure.Method, StringComparer.Ordinal)]);
    }

    /// <inheritdoc/>
    public virtual async Task<ImmutableArray<SiloFigures>> Figures() =>
        [.. (await grains.GetGrain<IManagementGrain>(0).SendControlCommandToProvider<SiloFigureProvider>(
            SiloFigureProvider.Name, SiloFigureProvider.All)).OfType<SiloFigures>()];

    // A dead silo has the name of the one that was started in its place.
    private static SiloView ViewOf(MembershipEntry host, ImmutableArray<SiloFigures> figures)
    {
        var own = host.Status == SiloStatus.Active ? figures.FirstOrDefault(silo => silo.Silo == host.SiloName) : null;
        return new SiloView(
            host.SiloName, host.Status.ToString(), own?.Version, own is { WireLevel: > 0 } ? own.WireLevel : null,
            own?.OwnedQueues, own?.OwnedQueueCount ?? 0);
    }

    // Orleans names classes with their assembly; /api/v1/cluster shows grain types.
    private static string NameOf(string type)
    {
        var name = type.Split(',')[0];
        return GrainTypes.OfClass(name) ?? name;
    }
}
