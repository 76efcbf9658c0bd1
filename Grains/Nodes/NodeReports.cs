using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>Splits a worker's report by queue: a dispatcher must receive only its own attempts.</summary>
internal static class NodeReports
{
    /// <summary>Returns one report for each queue, in the order of attempts; none for no attempts.</summary>
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

    /// <summary>Returns the attempts that a report ends: with a result, refused, or unable to start.</summary>
    public static LeaseToken[] TokensSettled(
        ImmutableArray<AttemptResult> results, ImmutableArray<LeaseRef> refused, ImmutableArray<LeaseRef>? unable) =>
    [
        .. results.Select(static result => result.Lease.Token), .. refused.Select(static lease => lease.Token),
        .. (unable ?? []).Select(static lease => lease.Token),
    ];
}
