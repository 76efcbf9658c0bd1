using OrleansTasks.Queues;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Of leases: nothing is confirmed to a worker that no dispatcher has renewed, and while nothing is wrong but one
/// partition, no attempt of another one is lost with its node.
/// </summary>
/// <param name="isLoneTrouble">Whether nothing goes wrong in the run but with one partition.</param>
/// <param name="troubles">Which partitions are in trouble.</param>
/// <param name="coverage">Counts what was checked.</param>
internal sealed class TermReferee(bool isLoneTrouble, PartitionTroubles troubles, Coverage coverage)
    : IIncomingGrainCallFilter
{
    // When the worker sent the latest heartbeat for which the partition's dispatcher has renewed the leases, by the
    // worker's clock.
    private readonly Dictionary<(string Node, PartitionKey Partition), long> renewed = [];

    // When the worker sent the latest heartbeat or registration that has reached a silo.
    private readonly Dictionary<string, long> arrived = [];

    /// <inheritdoc/>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.Grain is not TaskDispatcherGrain owner || context.MethodName != nameof(ITaskDispatcherGrain.Renew)
            || context.SourceId is not { } caller)
        {
            await context.Invoke();
            return;
        }

        var node = caller.ToString()!;
        node = node[(node.IndexOf('/', StringComparison.Ordinal) + 1)..];
        var (session, _) = owner.RenewedIn(node);
        await context.Invoke();
        if (context.Result is not RenewReply { Outcome: RenewOutcome.Renewed })
            return;
        var (sessionNow, asOf) = owner.RenewedIn(node);
        // Until the reply, the node began another session or the dispatcher started over: it may have been any
        // heartbeat so far.
        if (session != sessionNow || asOf == 0)
            asOf = arrived.GetValueOrDefault(node);
        var key = (node, owner.Partition);
        renewed[key] = Math.Max(renewed.GetValueOrDefault(key), asOf);
    }

    /// <summary>A worker's heartbeat or registration reaches a silo.</summary>
    public void Arrived(StatusReport report) =>
        arrived[report.NodeId] = Math.Max(arrived.GetValueOrDefault(report.NodeId), report.SentAt);

    /// <summary>A worker is answered.</summary>
    public void Answered(StatusReport report, StatusAnswer answer)
    {
        if (report.Session == 0 || report.Goodbye || answer.Outcome != StatusAnswer.Types.Outcome.Ok)
            return;
        if (answer.Features != 0)
        {
            foreach (var term in answer.Terms)
                Require(report.NodeId, term.Partition, term.AsOf);
            return;
        }

        var killed = answer.Kill.Select(static lease => lease.Token).ToHashSet();
        var living = report.Held.Where(lease => !killed.Contains(lease.Token));
        foreach (var partition in living.Select(static lease => lease.Partition).Distinct())
            Require(report.NodeId, partition, report.SentAt);
    }

    /// <summary>A commit is on the disk.</summary>
    public void Committed(PartitionCommit commit, Func<TaskId, PartitionKey> partitionOf)
    {
        if (!isLoneTrouble)
            return;
        foreach (var write in commit.Writes)
        {
            if (write.Row.Reason != EndReason.NodeLost && write.Superseded?.Reason != EndReason.NodeLost)
                continue;
            var partition = partitionOf(write.Row.Id);
            Violation.Unless(
                troubles.All.Contains(partition),
                $"{write.Row.Id} of {partition} lost its node, though only {troubles.All.First()} was troubled.");
            coverage.Fire("node lost by a partition in trouble");
        }
    }

    private void Require(string node, string partition, long asOf)
    {
        coverage.Fire("term confirmed");
        var known = renewed.GetValueOrDefault((node, PartitionKey.Parse(partition)));
        Violation.Unless(
            known >= asOf,
            $"{node} was told that its leases of {partition} count from {asOf}; they are renewed as of {known}.");
    }
}
