using System.Threading.Channels;
using OrleansTasks.Nodes;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Bench.Harness;

/// <summary>
/// A node's worker that runs nothing: every attempt it is given ends at once with success. It speaks to its node's grain as
/// the real connection does, one report under way at a time.
/// </summary>
public sealed class SimulatedWorker : INodeConnectionObserver, IAsyncDisposable
{
    private readonly Channel<LeaseRef> received = Channel.CreateUnbounded<LeaseRef>();
    private readonly CancellationTokenSource stop = new();
    private readonly INodeGrain node;
    private INodeConnectionObserver reference = null!;
    private long session;
    private long finished;
    private Task work = Task.CompletedTask;

    private SimulatedWorker(INodeGrain node) => this.node = node;

    /// <summary>How many attempts have been settled.</summary>
    public long Finished => Interlocked.Read(ref finished);

    /// <summary>Registers a worker and starts it.</summary>
    public static async Task<SimulatedWorker> Start(IGrainFactory grains, string id, int slots, ResourceVector? offers = null)
    {
        var worker = new SimulatedWorker(grains.GetGrain<INodeGrain>(id));
        var reply = await worker.node.Register(new NodeRegistration(
            "bench", slots, [], Limits.None, "bench", "bench", true, [], [], [], StartsAhead: 32 * slots)
        {
            Resources = offers,
        });
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
            received.Writer.TryWrite(command.Lease);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Close(long session) => Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        received.Writer.TryComplete();
        await work;
        await node.Goodbye(session);
        stop.Dispose();
    }

    private async Task Report()
    {
        var results = new List<AttemptResult>();
        while (await received.Reader.WaitToReadAsync())
        {
            results.Clear();
            while (results.Count < 2048 && received.Reader.TryRead(out var lease))
                results.Add(new AttemptResult(lease, EndReason.Exit, 0, null, 0, 0, 0, null));
            if (!await node.Report(session, [], [.. results], []))
                throw new InvalidOperationException("The session is over.");
            Interlocked.Add(ref finished, results.Count);
        }
    }

    private async Task Beat()
    {
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, stop.Token);
                await node.Connect(session, reference);
                // What is held changes faster than a heartbeat travels; the leases' renewal needs no exact list here.
                await node.ReportStatus(new NodeStatus(session, [], 0, 0));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
