using OrleansTasks.Storage.Memory;

namespace OrleansTasks.Simulation.Store;

/// <summary>How a write's transaction ended.</summary>
internal enum WriteEnd
{
    /// <summary>It is synced, and callers hear so.</summary>
    Heard,

    /// <summary>It is synced, and the store crashed before it could say so.</summary>
    Unheard,

    /// <summary>The store crashed before it was synced.</summary>
    Lost,
}

/// <summary>
/// The one writer of a simulated store. As SQLite's does, it takes all writes that wait when a transaction begins into that transaction,
/// whichever queue they are of; readers see them, and callers hear of them, when the transaction is synced. Until then nothing of them
/// is on the disk: a crash loses all of them together.
/// </summary>
/// <param name="clock">The true time.</param>
/// <param name="chance">How long a transaction takes.</param>
/// <param name="apply">Makes a write that is synced visible, after which a crash keeps it.</param>
internal sealed class SimWriter(TimeProvider clock, SimRandom chance, Action<Func<MemoryTaskStore, Task>> apply)
{
    private const int LargestTransaction = 64;
    private readonly Queue<Write> waiting = new();
    private bool isWriting;
    private int life;

    /// <summary>How long a transaction takes at most.</summary>
    public TimeSpan Slowest { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>For how long nothing is written yet.</summary>
    public Func<TimeSpan> Silence { get; init; } = static () => TimeSpan.Zero;

    /// <summary>How many transactions were synced that held writes of several callers.</summary>
    public int Merged { get; private set; }

    /// <summary>
    /// Puts a write in the line.
    /// </summary>
    /// <param name="decide">Called when its transaction has ended; unless that is lost, it puts on the disk what is to be there.</param>
    /// <param name="longer">By how much it delays its transaction.</param>
    /// <param name="crash">Crashes the store at the end of its transaction: just before it is synced, or just after.</param>
    public void Add(Action<WriteEnd> decide, TimeSpan longer = default, Action? crash = null)
    {
        waiting.Enqueue(new Write(decide, longer, crash));
        Begin();
    }

    /// <summary>Writes something whose answer is needed; null when nobody heard of it. <paramref name="synced"/> is called in any case.</summary>
    public Task<T?> Add<T>(Func<MemoryTaskStore, Task<T>> write, Action<T>? synced = null)
        where T : class
    {
        var answer = new TaskCompletionSource<T?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Add(end =>
        {
            T? result = null;
            Exception? refusal = null;
            if (end != WriteEnd.Lost)
                apply(data => Keep(write(data)));
            if (result is not null)
                synced?.Invoke(result);
            if (refusal is not null && end == WriteEnd.Heard)
                answer.TrySetException(refusal);
            else
                answer.TrySetResult(end == WriteEnd.Unheard ? null : result);

            // What a replay makes of it nobody is told.
            Task Keep(Task<T> written)
            {
                if (written.Exception is { } fault)
                    refusal ??= fault.GetBaseException();
                else
                    result ??= written.Result;
                return written;
            }
        });
        return answer.Task;
    }

    /// <summary>The store has crashed: what is not synced is lost.</summary>
    public void Crash()
    {
        life++;
        isWriting = false;
        foreach (var write in TakeWaiting(int.MaxValue))
            write.Decide(WriteEnd.Lost);
    }

    private void Begin()
    {
        if (isWriting || waiting.Count == 0)
            return;
        isWriting = true;
        var transaction = TakeWaiting(LargestTransaction);
        var mine = life;
        var length = Silence() + chance.Between(TimeSpan.FromMicroseconds(100), Slowest)
            + transaction.Max(static write => write.Longer);
        clock.CreateTimer(_ => End(transaction, mine), null, length, Timeout.InfiniteTimeSpan);
    }

    private void End(Write[] transaction, int begunIn)
    {
        if (begunIn != life)
        {
            Tell(transaction, WriteEnd.Lost);
            return;
        }

        Merged += transaction.Length > 1 ? 1 : 0;
        if (transaction.FirstOrDefault(static write => write.Crash is not null) is { } fatal)
        {
            Tell(transaction, chance.Next(2) == 0 ? WriteEnd.Lost : WriteEnd.Unheard);
            fatal.Crash!();
            return;
        }

        Tell(transaction, WriteEnd.Heard);
        isWriting = false;
        Begin();
    }

    private static void Tell(Write[] transaction, WriteEnd end)
    {
        foreach (var write in transaction)
            write.Decide(end);
    }

    private Write[] TakeWaiting(int most)
    {
        var taken = new Write[Math.Min(most, waiting.Count)];
        for (var i = 0; i < taken.Length; i++)
            taken[i] = waiting.Dequeue();
        return taken;
    }

    private sealed record Write(Action<WriteEnd> Decide, TimeSpan Longer, Action? Crash);
}
