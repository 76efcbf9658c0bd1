using OrleansTasks.Nodes;

namespace OrleansTasks.Silo.Engine;

/// <summary>The commands for one node that one dispatcher sent at once, on their way through a queue.</summary>
/// <param name="Node">The node's id.</param>
/// <param name="Batch">The commands.</param>
[GenerateSerializer, Immutable, Alias("ot.QueuedCommands")]
internal sealed record QueuedCommands([property: Id(0)] string Node, [property: Id(1)] CommandBatch Batch);

/// <summary>What a reader gets from a queue.</summary>
/// <param name="Queue">Which life of the queue the numbers belong to: a queue that is made again counts anew.</param>
/// <param name="Last">The number of the last item; the reader names it with its next call.</param>
/// <param name="Items">The items in the order of their arrival; none when the wait has ended.</param>
[GenerateSerializer, Immutable, Alias("ot.TakenCommands")]
internal sealed record TakenCommands(
    [property: Id(0)] string Queue,
    [property: Id(1)] long Last,
    [property: Id(2)] ImmutableArray<QueuedCommands> Items);

/// <summary>
/// A queue of commands in memory: many put items in, one reader takes them and waits while there are none.
/// An item stays until the reader names its number as received. So an answer that reaches nobody, such as the answer to
/// a reader whose silo has died, loses no item: the next reader gets the same items. Two readers at a time, as while
/// a queue changes hands, may both get an item; commands that come twice do no harm.
/// Not safe for use by several threads at once: the grain's turns call it.
/// </summary>
/// <param name="id">Names this life of the queue; no earlier life has the same name.</param>
/// <param name="time">Measures waits.</param>
internal sealed class OrleansCommandQueue(string id, TimeProvider time)
{
    /// <summary>The longest wait. Far below the time after which Orleans gives a call up.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <summary>The most items that wait. The reader takes hundreds at a time: with so many there is none.</summary>
    public const int MostItems = 16_384;

    /// <summary>The most bytes that wait, as the items estimate themselves.</summary>
    public const long MostBytes = 64 * 1024 * 1024;

    /// <summary>The most bytes in one answer, its last item aside.</summary>
    private const long MostTaken = 1024 * 1024;

    private readonly Queue<(QueuedCommands Item, long Bytes)> items = new();
    private TaskCompletionSource? arrival;
    private long bytes;

    // The number of the last item that a reader has received. The first one in the queue has the next number.
    private long received;
    private bool isClosed;

    /// <summary>Puts an item in and wakes the reader; false when the queue is full or closed.</summary>
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
    /// Removes what the reader has received and returns what comes after it. With nothing there, waits for an item, for
    /// <see cref="LongestWait"/> at most. The next call ends the wait of this one, and so does
    /// <paramref name="stopping"/>: the answer has no items then.
    /// </summary>
    /// <param name="from">The queue's life that <paramref name="last"/> belongs to; empty at first.</param>
    /// <param name="last">The number of the last item that the reader has received.</param>
    /// <param name="most">The most items to return.</param>
    /// <param name="stopping">Ends waits, those of later calls included.</param>
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
        // A later call waits now: the items are for it.
        if (arrival is not null && arrival != mine)
            return Nothing;
        arrival = null;
        return Collect(most);
    }

    /// <summary>Ends the wait, takes nothing more, and hands out what no reader has received.</summary>
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
