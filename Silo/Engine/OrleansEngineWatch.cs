using System.Reflection;
using OrleansTasks.Cluster;
using OrleansTasks.Dispatch;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Silo.Engine;

/// <summary>Reads the cluster's figures through Orleans' management grain, which asks every silo.</summary>
internal class OrleansEngineWatch(IGrainFactory grains) : IEngineWatch
{
    private static readonly Dictionary<string, string> GrainTypes = typeof(TaskDispatcherGrain).Assembly.GetTypes()
        .Append(typeof(OrleansCommandQueueGrain))
        .Select(static type => (type.FullName, Grain: type.GetCustomAttribute<GrainTypeAttribute>()))
        .Where(static type => type.Grain is not null)
        .ToDictionary(static type => type.FullName!, static type => type.Grain!.GetGrainType(null!, null!).ToString()!, StringComparer.Ordinal);

    /// <inheritdoc/>
    public async Task<EngineStatus> Read()
    {
        var management = grains.GetGrain<IManagementGrain>(0);
        var hosts = management.GetDetailedHosts(onlyActive: false);
        var activations = management.GetSimpleGrainStatistics();
        var calls = management.SendControlCommandToProvider<OrleansSiloFigures>(OrleansSiloFigures.Name, OrleansSiloFigures.CallsAlone);
        return new EngineStatus(
            OrleansTaskEngine.Name,
            typeof(IGrainFactory).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            [.. (await hosts).Select(static host => new SiloView(host.SiloName, host.Status.ToString()))],
            [.. (await activations)
                .GroupBy(static type => NameOf(type.GrainType), static type => (long)type.ActivationCount, StringComparer.Ordinal)
                .OrderBy(static type => type.Key, StringComparer.Ordinal)
                .Select(static type => KeyValuePair.Create(type.Key, type.Sum()))],
            [.. (await calls).OfType<ImmutableArray<CallFigure>>()
                .SelectMany(static silo => silo)
                .GroupBy(static figure => (figure.Grain, figure.Method))
                .Select(static method => method.Aggregate(static (one, other) => one.And(other)))
                .OrderBy(static figure => figure.Grain, StringComparer.Ordinal)
                .ThenBy(static figure => figure.Method, StringComparer.Ordinal)]);
    }

    /// <inheritdoc/>
    public virtual async Task<ImmutableArray<SiloFigures>> Figures() =>
        [.. (await grains.GetGrain<IManagementGrain>(0).SendControlCommandToProvider<OrleansSiloFigures>(
            OrleansSiloFigures.Name, OrleansSiloFigures.All)).OfType<SiloFigures>()];

    // Orleans names classes with their assembly; /api/v1/cluster shows grain types.
    private static string NameOf(string type)
    {
        var name = type.Split(',')[0];
        return GrainTypes.GetValueOrDefault(name, name);
    }
}
