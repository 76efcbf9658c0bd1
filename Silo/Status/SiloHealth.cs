using Microsoft.Extensions.Options;
using OrleansTasks.Cluster;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Silo.Upkeep;
using OrleansTasks.Storage;

namespace OrleansTasks.Silo.Status;

/// <summary>
/// The health of this silo, for liveness probes, which restart it, and readiness probes, which wait for it.
/// </summary>
public sealed class SiloHealth(
    ISiloMembership membership, IGrainFactory grains, ITaskStore store, QueueKeeper keeper,
    ActivationProbe probe, IOptions<SiloOptions> options, TimeProvider time)
{
    // Every silo has its own activations of this grain, so the call stays on this silo.
    private readonly StuckCall calls = new(() => grains.GetGrain<IClusterReaderGrain>("reader").Store(), time);

    /// <summary>Returns what a restart would fix, or null. Never reports the store or what other silos do.</summary>
    public async Task<string?> FindStuck(CancellationToken cancellation) => await calls.Find(cancellation) is { } silent
        ? $"A grain on this silo has not answered a call for {silent.TotalSeconds:0} s."
        : null;

    /// <summary>
    /// Returns what keeps this silo from being ready, each problem with its subject; empty if it is ready.
    /// </summary>
    public async Task<IReadOnlyList<string>> FindProblems(CancellationToken cancellation)
    {
        var problems = FindProblems(membership.IsActive, store.Health, keeper.ReadAgo, options.Value.KeepInterval);
        // A silo that has not joined activates nothing.
        return membership.IsActive && await probe.FindFault().WaitAsync(Timeout.InfiniteTimeSpan, time, cancellation) is { } fault
            ? [.. problems, $"silo: {fault}."] : problems;
    }

    /// <summary>
    /// Returns the problems of a silo that reads the queues every <paramref name="interval"/>, and last did so
    /// <paramref name="readAgo"/> ago (null: never).
    /// </summary>
    internal static IReadOnlyList<string> FindProblems(
        bool isActive, StoreHealth health, TimeSpan? readAgo, TimeSpan interval)
    {
        var problems = new List<string>();
        if (!isActive)
            problems.Add("cluster: the silo has not joined yet, or is leaving.");
        if (!health.MayGrow())
            problems.Add("store: the disk is nearly full; free some space.");
        else if (health == StoreHealth.Damaged)
            problems.Add("store: its file is damaged; restore it from a backup.");
        else if (health != StoreHealth.Healthy)
            problems.Add("store: the last write failed.");
        if (readAgo is not { } ago)
            problems.Add("queues: they have not been read from the store yet.");
        // A single read may take long on a busy machine.
        else if (ago > 3 * interval)
            problems.Add($"queues: last read from the store {ago.TotalSeconds:0} s ago.");
        return problems;
    }
}
