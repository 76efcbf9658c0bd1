using Orleans.Concurrency;
using Orleans.Placement;
using OrleansTasks.Nodes;

namespace OrleansTasks.Silo.Engine;

/// <summary>Commands that a dispatcher sent to a node at once, on their way through a queue.</summary>
/// <param name="Node">The node's id.</param>
/// <param name="Batch">The commands.</param>
[GenerateSerializer, Immutable, Alias("ot.QueuedCommands")]
internal sealed record QueuedCommands([property: Id(0)] string Node, [property: Id(1)] CommandBatch Batch);

/// <summary>What a read of a queue returns.</summary>
/// <param name="Queue">
/// Identifies the queue's activation to which the numbers belong; a new activation counts from 1 again.
/// </param>
/// <param name="Last">The number of the last item, which the reader passes to its next read to confirm it.</param>
/// <param name="Items">The items in order of arrival; empty if the wait ended without any.</param>
[GenerateSerializer, Immutable, Alias("ot.TakenCommands")]
internal sealed record TakenCommands(
    [property: Id(0)] string Queue,
    [property: Id(1)] long Last,
    [property: Id(2)] ImmutableArray<QueuedCommands> Items);

/// <summary>
/// An in-memory queue of commands with many writers and one reader, which waits while the queue is empty. An item stays
/// until the reader confirms its number. So if an answer is lost, for example because the reader's silo died, the next
/// reader gets the same items. While a queue moves to another reader, both may get an item; duplicate commands are
/// harmless. Not thread-safe: called in the turns of its grain.
/// </summary>
/// <param name="id">Identifies this activation of the queue; unique among all activations.</param>
/// <param name="time">The clock.</param>
internal sealed class OrleansCommandQueue(string id, TimeProvider time)
{
    /// <summary>The maximum wait of a read, far below Orleans' timeout for calls.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The maximum number of waiting items. A live reader takes hundreds at a time, so a queue this long has no reader.
    /// </summary>
    public const int MostItems = 16_384;

    /// <summary>The maximum number of waiting bytes, by the items' own estimates.</summary>
    public const long MostBytes = 64 * 1024 * 1024;

    /// <summary>The maximum number of bytes in one answer, not counting its last item.</summary>
    private const long MostTaken = 1024 * 1024;

    private readonly Queue<(QueuedCommands Item, long Bytes)> items = new();
    private TaskCompletionSource? arrival;
    private long bytes;

    // The number of the last confirmed item. The first item in the queue has the next number.
    private long received;
    private bool isClosed;

    /// <summary>Adds an item and wakes the reader. Returns false if the queue is full or closed.</summary>
    public bool TryPut(QueuedCommands item)
    {
        var size = StreamCommandChannel.EstimateBytes(item.Batch);
        if (isClosed || items.Count >= MostItems || bytes + size > MostBytes)
            return false;
        items.Enqueue((item, size));
        bytes += size;
        EndWait();
        return true;
    }

    /// <summary>
    /// Removes the confirmed items and returns those after them. If there are none, waits for an item, at most
    /// <see cref="LongestWait"/>. The next call ends this wait, and so does <paramref name="stopping"/>; the answer is
    /// then empty.
    /// </summary>
    /// <param name="from">The activation to which <paramref name="last"/> belongs; empty on the first read.</param>
    /// <param name="last">The number of the last item that the reader has received, which confirms it.</param>
    /// <param name="most">The maximum number of items to return.</param>
    /// <param name="stopping">Ends this wait and those of later calls.</param>
    public async Task<TakenCommands> Take(string from, long last, int most, CancellationToken stopping)
    {
        EndWait();
        if (from == id)
            Remove(last);
        if (items.Count > 0 || isClosed)
            return Collect(most);
        var mine = arrival = new TaskCompletionSource();
        await mine.Task.WaitAsync(LongestWait, time, stopping)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        // A later call is waiting; the items are for that one.
        if (arrival is not null && arrival != mine)
            return Nothing;
        arrival = null;
        return Collect(most);
    }

    /// <summary>Closes the queue, ends the wait, and returns the unconfirmed items.</summary>
    public IReadOnlyList<QueuedCommands> Close()
    {
        isClosed = true;
        QueuedCommands[] left = [.. items.Select(static item => item.Item)];
        items.Clear();
        EndWait();
        return left;
    }

    private TakenCommands Nothing => new(id, received, []);

    private void EndWait()
    {
        var ended = arrival;
        arrival = null;
        ended?.TrySetResult();
    }

    private void Remove(long last)
    {
        for (; received < last && items.TryDequeue(out var item); received++)
            bytes -= item.Bytes;
    }

    private TakenCommands Collect(int most)
    {
        var taken = ImmutableArray.CreateBuilder<QueuedCommands>();
        var size = 0L;
        foreach (var (item, weight) in items)
        {
            if (taken.Count >= most || size >= MostTaken)
                break;
            taken.Add(item);
            size += weight;
        }

        return new TakenCommands(id, received + taken.Count, taken.ToImmutable());
    }
}

/// <summary>A queue of the command streams, anywhere in the cluster. The key is the queue's name.</summary>
[Alias("ot.ICommandQueueGrain")]
internal interface ICommandQueueGrain : IGrainWithStringKey
{
    /// <summary>Puts an item into the queue. Returns false if the queue is full or closed.</summary>
    [AlwaysInterleave, Alias("Put")]
    Task<bool> Put(QueuedCommands item);

    /// <summary>
    /// Takes items, waiting while there are none (<see cref="OrleansCommandQueue.Take"/>). The answer repeats items
    /// that the reader has not confirmed.
    /// </summary>
    [AlwaysInterleave, Alias("Take")]
    Task<TakenCommands> Take(string from, long last, int most);
}

/// <summary>
/// Holds a queue of the command streams in memory. It is activated on the silo of its reader, which calls it first. If
/// the silo dies, the items are lost, and heartbeats make the grains send their commands again. If the silo stops
/// normally, the remaining items go directly to the nodes' grains.
/// </summary>
[GrainType("command-queue"), PreferLocalPlacement]
internal sealed class OrleansCommandQueueGrain(IHostApplicationLifetime host, TimeProvider time)
    : Grain, ICommandQueueGrain
{
    private OrleansCommandQueue queue = null!;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        queue = new OrleansCommandQueue(GrainContext.ActivationId.ToString(), time);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<bool> Put(QueuedCommands item) => Task.FromResult(queue.TryPut(item));

    /// <inheritdoc/>
    /// <remarks>
    /// Does not wait while the host is stopping, because an activation ends only after its calls have ended.
    /// </remarks>
    public Task<TakenCommands> Take(string from, long last, int most) =>
        queue.Take(from, last, most, host.ApplicationStopping);

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        foreach (var item in queue.Close())
            // Not awaited: a lost command is sent again.
            _ = GrainFactory.Reference<INodeGrain>(item.Node).Take(item.Batch);
        return Task.CompletedTask;
    }
}
