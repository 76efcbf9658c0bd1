using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>
/// The only thread that writes. It takes up to 256 waiting jobs, or one background job, writes them in one transaction,
/// waits for the disk once, and then completes them. Background jobs give way to others.
/// </summary>
internal sealed class Writer : IDisposable
{
    private const int MostJobs = 256;
    private const int BatchesBeforeBackground = 16;
    private readonly Lock turn = new();
    private readonly object gate = new();
    private readonly Queue<WriteJob> jobs = new();
    private readonly Queue<WriteJob> background = new();
    private readonly List<WriteJob> batch = [];
    private readonly Transaction transaction;
    private readonly Thread thread;
    private readonly Action<int> walGrew;
    private readonly Action secretsErased;
    private int batchesSinceBackground;
    private bool closing;

    /// <summary>Starts the writer thread.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="busyTimeout">How long to wait for another process that is writing.</param>
    /// <param name="tryRelease">Frees a part of the disk's reserve; returns false if nothing is left.</param>
    /// <param name="walGrew">
    /// Called after each transaction with the WAL's length in pages, or <see cref="Checkpointer.FreeSpace"/>.
    /// </param>
    /// <param name="secretsErased">Called after a transaction that deleted secrets.</param>
    internal Writer(
        string path, TimeSpan busyTimeout, Func<bool> tryRelease, Action<int> walGrew, Action secretsErased)
    {
        transaction = new Transaction(path, busyTimeout, tryRelease);
        this.walGrew = walGrew;
        this.secretsErased = secretsErased;
        thread = new Thread(Loop) { IsBackground = true, Name = "store-writer" };
        thread.Start();
    }

    internal bool Failing => transaction.Failing;

    /// <summary>Whether a write has met a damaged page.</summary>
    internal bool IsDamaged => transaction.IsDamaged;

    internal void Enqueue(WriteJob job) => Enqueue(jobs, job);

    /// <summary>Adds a job to the background queue, which gives way to the other.</summary>
    internal void EnqueueBackground(WriteJob job) => Enqueue(background, job);

    /// <summary>Runs an action between two transactions, while the writer waits.</summary>
    internal void Pause(Action action)
    {
        lock (turn)
            action();
    }

    /// <summary>Finishes the queued jobs and closes the connection.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            closing = true;
            Monitor.PulseAll(gate);
        }

        thread.Join();
        transaction.Dispose();
    }

    private void Enqueue(Queue<WriteJob> line, WriteJob job)
    {
        lock (gate)
        {
            if (!closing)
            {
                line.Enqueue(job);
                if (line.Count == 1)
                    Monitor.Pulse(gate);
                return;
            }
        }

        job.Failed("The store is closed.");
    }

    private void Loop()
    {
        while (Take())
        {
            lock (turn)
                transaction.Run(batch);
            walGrew(transaction.DiskFull ? Checkpointer.FreeSpace : transaction.WalFrames);
            if (transaction.TakeErasedSecrets())
                secretsErased();
            batch.Clear();
        }
    }

    /// <summary>Waits for jobs and takes them. Returns false when the store is closed and no job waits.</summary>
    private bool Take()
    {
        lock (gate)
        {
            while (jobs.Count == 0 && background.Count == 0)
            {
                if (closing)
                    return false;
                Monitor.Wait(gate);
            }

            // Background work gives way, but runs after 16 other batches at the latest.
            if (background.Count > 0 && (jobs.Count == 0 || ++batchesSinceBackground > BatchesBeforeBackground))
            {
                batchesSinceBackground = 0;
                batch.Add(background.Dequeue());
                return true;
            }

            while (batch.Count < MostJobs && jobs.TryDequeue(out var job))
                batch.Add(job);
            return true;
        }
    }
}

/// <summary>A write in a transaction, which it may share with others.</summary>
internal abstract class WriteJob
{
    /// <summary>
    /// Whether the write may use a full disk's reserve, because it ends, cancels or deletes and adds hardly anything.
    /// </summary>
    internal bool MayUseReserve { get; init; }

    /// <summary>
    /// Writes. Returns false if the writes must be undone, which is a regular answer and not a failure. May run more
    /// than once, each time after a rollback. A constraint violation counts as false and is passed to
    /// <see cref="Refused"/>.
    /// </summary>
    internal abstract bool Execute(Connection connection);

    /// <summary>Called when the write is on disk.</summary>
    internal abstract void Committed();

    /// <summary>
    /// Called when nothing was written because <see cref="Execute"/> returned false (null), or violated a constraint.
    /// </summary>
    internal abstract void Refused(SqliteFault? constraint);

    /// <summary>Called when nothing was written because the store failed.</summary>
    internal abstract void Failed(string detail);

    /// <summary>Called when it is unknown whether the write is on disk.</summary>
    internal abstract void Unknown(string detail);
}

/// <summary>
/// A write that returns a value. Its task fails with <see cref="StoreUnavailableException"/> if nothing was written,
/// with <see cref="StoreRefusedException"/> if that is due to its data, and with <see cref="OutcomeUnknownException"/>
/// if it is unknown.
/// </summary>
/// <param name="write">Writes and returns the value; runs in a transaction.</param>
/// <param name="cancellation">Cancels the write while it waits; once it runs, it finishes.</param>
internal sealed class ValueJob<T>(Func<Connection, T> write, CancellationToken cancellation = default) : WriteJob
{
    private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? value;

    internal Task<T> Completion => completion.Task;

    internal override bool Execute(Connection connection)
    {
        if (cancellation.IsCancellationRequested)
            return false;
        value = write(connection);
        return true;
    }

    internal override void Committed() => completion.TrySetResult(value!);

    internal override void Refused(SqliteFault? constraint)
    {
        if (constraint is null)
            completion.TrySetCanceled(cancellation);
        else
            completion.TrySetException(new StoreRefusedException(constraint.Detail));
    }

    internal override void Failed(string detail) => completion.TrySetException(new StoreUnavailableException(detail));

    internal override void Unknown(string detail) => completion.TrySetException(new OutcomeUnknownException(detail));
}
