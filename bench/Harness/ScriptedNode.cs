using System.Threading.Channels;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Bench.Harness;

/// <summary>
/// A node whose worker runs nothing: it refuses every command at once, or ends each with success after a fixed time. As a real
/// worker does, it names in every heartbeat what it holds.
/// </summary>
public sealed class ScriptedNode : INodeConnectionObserver, IAsyncDisposable
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(2);
    private readonly Channel<(LeaseRef Lease, bool HasEnded)> told = Channel.CreateUnbounded<(LeaseRef, bool)>();
    private readonly Dictionary<LeaseToken, LeaseRef> held = [];
    private readonly CancellationTokenSource stop = new();
    private readonly INodeGrain node;
    private readonly TimeSpan? runTime;
    private readonly Action<TaskId> taken;
    private INodeConnectionObserver reference = null!;
    private long session;
    private long refusals;
    private Task work = Task.CompletedTask;

    private ScriptedNode(INodeGrain node, TimeSpan? runTime, Action<TaskId> taken) =>
        (this.node, this.runTime, this.taken) = (node, runTime, taken);

    /// <summary>How many commands it has refused.</summary>
    public long Refusals => Interlocked.Read(ref refusals);

    /// <summary>Registers a node and starts its worker.</summary>
    /// <param name="grains">The silo's grains.</param>
    /// <param name="id">The node's id.</param>
    /// <param name="slots">Its slots.</param>
    /// <param name="runTime">How long each attempt runs; null when all are refused.</param>
    /// <param name="taken">Called on any thread with every task that the worker receives and does not refuse.</param>
    public static async Task<ScriptedNode> Start(
        IGrainFactory grains, string id, int slots, TimeSpan? runTime, Action<TaskId> taken)
    {
        var worker = new ScriptedNode(grains.GetGrain<INodeGrain>(id), runTime, taken);
        var reply = await worker.node.Register(
            new NodeRegistration("bench", slots, [], Limits.None, "bench", "bench", true, [], [], []));
        worker.session = reply.Session;
        worker.reference = grains.CreateObjectReference<INodeConnectionObserver>(worker);
        await worker.node.Connect(reply.Session, worker.reference);
        worker.work = Task.WhenAll(worker.Report(), worker.Beat());
        return worker;
    }

    /// <inheritdoc/>
    public Task Deliver(CommandBatch batch)
    {
        foreach (var command in batch.Start)
            _ = Take(command.Lease);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Close(long session) => Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        told.Writer.TryComplete();
        await work;
        await node.Goodbye(session);
        stop.Dispose();
    }

    private async Task Take(LeaseRef lease)
    {
        if (runTime is not { } time)
        {
            Interlocked.Increment(ref refusals);
            told.Writer.TryWrite((lease, HasEnded: false));
            return;
        }

        lock (held)
            held[lease.Token] = lease;
        taken(lease.Task);
        await Task.Delay(time, TimeProvider.System);
        told.Writer.TryWrite((lease, HasEnded: true));
    }

    private async Task Report()
    {
        while (await told.Reader.WaitToReadAsync())
        {
            var (results, refused) = (new List<AttemptResult>(), new List<LeaseRef>());
            while (told.Reader.TryRead(out var next))
            {
                if (next.HasEnded)
                    results.Add(new AttemptResult(next.Lease, EndReason.Exit, 0, null, 0, 0, 0, null));
                else
                    refused.Add(next.Lease);
            }

            if (!await node.Report(session, [], [.. results], [.. refused]))
                throw new InvalidOperationException("The session is over.");
            lock (held)
            {
                foreach (var result in results)
                    held.Remove(result.Lease.Token);
            }
        }
    }

    private async Task Beat()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Heartbeat, TimeProvider.System, stop.Token);
                await node.Connect(session, reference);
                LeaseRef[] holds;
                lock (held)
                    holds = [.. held.Values];
                await node.ReportStatus(new NodeStatus(session, [.. holds], 0, 0));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
