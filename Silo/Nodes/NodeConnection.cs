using System.Collections.Concurrent;
using System.Threading.Channels;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// The silo's end of one worker's stream of commands. Bounded: when the worker does not read, what comes is dropped,
/// and the comparison at its next heartbeat sends it again.
/// <code>
///   Deliver --> waiting --TryTake--> taken --Written--> may have reached the worker
///                  |                   |
///                  +---- TakeUnsent ---+--> provably never sent
/// </code>
/// Once the stream has ended, what is still delivered is unsent, too.
/// </summary>
/// <param name="session">The worker's session.</param>
/// <param name="instruments">Counts what is dropped.</param>
internal sealed class NodeConnection(long session, SiloInstruments instruments) : INodeConnectionObserver
{
    private const int Capacity = 1024;
    private const int MostTaken = 64;

    // The reader's continuation runs where the batch arrives: a thread switch less on the way to a command's start.
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
        channel.Writer.TryComplete();
        return Task.CompletedTask;
    }

    /// <summary>Waits until there is something to take; false when the stream is to end.</summary>
    internal ValueTask<bool> WaitAsync(CancellationToken cancellation) => channel.Reader.WaitToReadAsync(cancellation);

    /// <summary>Takes what has come, a few batches at most. It counts as unsent until <see cref="Written"/>.</summary>
    internal IReadOnlyList<CommandBatch> Take()
    {
        taken.Clear();
        while (taken.Count < MostTaken && channel.Reader.TryRead(out var batch))
            taken.Add(batch);
        return taken;
    }

    /// <summary>What was taken is about to be written: from now on it may have reached the worker.</summary>
    internal void Written() => taken.Clear();

    /// <summary>
    /// Ends the stream's use and takes the attempts whose start was never written: each command once, so that one that came twice is
    /// there twice. Called again, it tells what came since. Not before the one that takes has ended.
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
