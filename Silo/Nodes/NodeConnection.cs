using System.Collections.Concurrent;
using System.Threading.Channels;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// The silo's end of a worker's stream of commands. It is bounded: if the worker does not read, new batches are
/// dropped, and the comparison at the worker's next heartbeat makes the grains send them again.
/// <code>
///   Deliver --> waiting --TryTake--> taken --Written--> may have reached the worker
///                  |                   |
///                  +---- TakeUnsent ---+--> provably never sent
/// </code>
/// Batches that are delivered after the end of the stream also count as unsent.
/// </summary>
/// <param name="session">The worker's session.</param>
/// <param name="instruments">Counts dropped batches.</param>
internal sealed class NodeConnection(long session, SiloInstruments instruments) : INodeConnectionObserver
{
    private const int Capacity = 1024;
    private const int MostTaken = 64;

    // The reader continues on the thread that delivers the batch, which saves a thread switch before a command's start.
    private readonly Channel<CommandBatch> channel = Channel.CreateBounded<CommandBatch>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, AllowSynchronousContinuations = true });

    private readonly ConcurrentQueue<CommandBatch> late = new();
    private readonly List<CommandBatch> taken = new(1);
    private volatile bool hasEnded;

    /// <summary>The worker's session.</summary>
    internal long Session => session;

    /// <inheritdoc/>
    public Task Deliver(CommandBatch batch)
    {
        if (batch.Session != session || channel.Writer.TryWrite(batch))
            return Task.CompletedTask;
        if (hasEnded)
            late.Enqueue(batch);
        else
            instruments.DropCommands();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Close(long session)
    {
        Close();
        return Task.CompletedTask;
    }

    /// <summary>Ends the stream once what has been delivered is written.</summary>
    internal void Close() => channel.Writer.TryComplete();

    /// <summary>Waits until there is something to take. Returns false when the stream should end.</summary>
    internal ValueTask<bool> WaitAsync(CancellationToken cancellation) => channel.Reader.WaitToReadAsync(cancellation);

    /// <summary>Takes the waiting batches, at most 64. They count as unsent until <see cref="Written"/>.</summary>
    internal IReadOnlyList<CommandBatch> Take()
    {
        taken.Clear();
        while (taken.Count < MostTaken && channel.Reader.TryRead(out var batch))
            taken.Add(batch);
        return taken;
    }

    /// <summary>
    /// Notes that the taken batches are about to be written: from now on they may have reached the worker.
    /// </summary>
    internal void Written() => taken.Clear();

    /// <summary>
    /// Ends the use of the stream and returns the attempts whose start was never written. A start that was delivered
    /// twice is returned twice. Another call returns what has arrived since. Must not run before the reader has ended.
    /// </summary>
    internal ImmutableArray<LeaseRef> TakeUnsent()
    {
        hasEnded = true;
        channel.Writer.TryComplete();
        var unsent = ImmutableArray.CreateBuilder<LeaseRef>();
        Add(taken);
        taken.Clear();
        while (channel.Reader.TryRead(out var batch))
            Add([batch]);
        while (late.TryDequeue(out var batch))
            Add([batch]);
        return unsent.ToImmutable();

        void Add(IEnumerable<CommandBatch> batches) =>
            unsent.AddRange(batches.SelectMany(static batch => batch.Start).Select(static start => start.Lease));
    }
}
