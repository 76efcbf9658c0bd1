using Microsoft.Extensions.Options;
using OrleansTasks.Cluster;
using OrleansTasks.Silo.Upkeep;
using OrleansTasks.Storage;

namespace OrleansTasks.Silo.Status;

/// <summary>Whether this silo works: for probes that restart it, and for those that wait until it is of use.</summary>
public sealed class SiloHealth(
    ISiloMembership membership, IGrainFactory grains, ITaskStore store, QueueKeeper keeper,
    IOptions<SiloOptions> options, TimeProvider time)
{
    // Each silo has activations of this grain of its own, so the call stays here.
    private readonly StuckCall calls = new(() => grains.GetGrain<IClusterReaderGrain>("reader").Store(), time);

    /// <summary>
    /// What a restart would mend; null: nothing. Never the store, and nothing that other silos do.
    /// </summary>
    public async Task<string?> FindStuck(CancellationToken cancellation) => await calls.Find(cancellation) is { } silent
        ? $"A call to a grain on this silo has had no answer for {silent.TotalSeconds:0} s."
        : null;

    /// <summary>What keeps this silo from being of use, each with what it is about; none: it is ready.</summary>
    public IReadOnlyList<string> FindProblems() =>
        FindProblems(membership.IsActive, store.Health, keeper.ReadAgo, options.Value.KeepInterval);

    /// <summary>The problems of a silo that reads the queues every interval and last did so long ago; null: never.</summary>
    internal static IReadOnlyList<string> FindProblems(
        bool isActive, StoreHealth health, TimeSpan? readAgo, TimeSpan interval)
    {
        var problems = new List<string>();
        if (!isActive)
            problems.Add("cluster: the silo has not joined yet, or is leaving.");
        if (!health.MayGrow())
            problems.Add("store: the disk is nearly full; free some space.");
        else if (health != StoreHealth.Healthy)
            problems.Add("store: the last write failed.");
        if (readAgo is not { } ago)
            problems.Add("queues: not read from the store yet.");
        // One look may take its time on a busy machine.
        else if (ago > 3 * interval)
            problems.Add($"queues: last read from the store {ago.TotalSeconds:0} s ago.");
        return problems;
    }
}
