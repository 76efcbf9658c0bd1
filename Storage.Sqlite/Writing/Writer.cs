namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>
/// The only thread that writes. It takes all waiting jobs, writes them in one transaction, waits for the disk once, and
/// then completes them. Background jobs give way to others.
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
