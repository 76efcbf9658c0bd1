using System.Reflection;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Silo.Engine;

/// <summary>The cluster's figures, by Orleans' management grain; it counts activations, but not calls.</summary>
internal sealed class OrleansEngineWatch(IGrainFactory grains) : IEngineWatch
{
    /// <inheritdoc/>
    public async Task<EngineStatus> Read()
    {
        var management = grains.GetGrain<IManagementGrain>(0);
        var hosts = await management.GetDetailedHosts(onlyActive: false);
        var activations = await management.GetSimpleGrainStatistics();
        return new EngineStatus(
            OrleansTaskEngine.Name,
            typeof(IGrainFactory).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            [.. hosts.Select(static host => new SiloView(host.SiloName, host.Status.ToString()))],
            [.. activations
                .GroupBy(static type => type.GrainType, static type => (long)type.ActivationCount, StringComparer.Ordinal)
                .OrderBy(static type => type.Key, StringComparer.Ordinal)
                .Select(static type => KeyValuePair.Create(type.Key, type.Sum()))],
            Calls: null);
    }
}
