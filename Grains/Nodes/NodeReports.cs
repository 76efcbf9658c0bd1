using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Splits a report on the attempts of a worker by queue. Each queue has a dispatcher of
/// its own, which must receive only the attempts that it has assigned.
/// <see cref="NodeGrain"/> calls this when it passes on a report of its worker.
/// <see cref="CommandDelivery"/> calls it when it gives attempts back.
/// Nearly all reports name only one queue.
/// </summary>
internal static class NodeReports
{
    /// <summary>
    /// Returns one report for each queue that <paramref name="whole"/> names, with the same node and session.
    /// Returns no report when <paramref name="whole"/> names no attempt.
    /// Keeps the order of attempts within a queue. <see cref="NodeReport.Unable"/> may be null, which means empty.
    /// </summary>
    public static IReadOnlyList<(string Queue, NodeReport Report)> Split(NodeReport whole)
    {
        var leases = whole.Results.Select(static result => result.Lease).Concat(whole.Started).Concat(whole.Refused).Concat(whole.Unable ?? []);
        string[] queues = [.. leases.Select(static lease => lease.Queue).Distinct()];
        if (queues is [])
            return [];
        if (queues is [var only])
            return [(only, whole)];
        var results = whole.Results.ToLookup(static result => result.Lease.Queue);
        var started = whole.Started.ToLookup(static lease => lease.Queue);
        var refused = whole.Refused.ToLookup(static lease => lease.Queue);
        var unable = whole.Unable?.ToLookup(static lease => lease.Queue);
        return
        [
            .. queues.Select(queue => (queue, whole with
            {
                Results = [.. results[queue]],
                Started = [.. started[queue]],
                Refused = [.. refused[queue]],
                Unable = unable is null ? null : [.. unable[queue]],
            })),
        ];
    }

    /// <summary>The leases that a report ends at the worker: with a result, refused, or unable to start.</summary>
    public static LeaseToken[] TokensSettled(
        ImmutableArray<AttemptResult> results, ImmutableArray<LeaseRef> refused, ImmutableArray<LeaseRef>? unable) =>
    [
        .. results.Select(static result => result.Lease.Token), .. refused.Select(static lease => lease.Token),
        .. (unable ?? []).Select(static lease => lease.Token),
    ];
}
