namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>
/// The one thread that writes. It takes all jobs that wait, writes them in one transaction, waits for the disk once,
/// and then completes them. Background work gives way to all others.
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

    /// <summary>Starts the thread.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="busyTimeout">How long to wait for another process.</param>
    /// <param name="tryRelease">Frees a part of the disk's reserve; false when nothing is left of it.</param>
    /// <param name="walGrew">Told the WAL's length in pages after each commit.</param>
    /// <param name="secretsErased">Told after a transaction that deleted secrets.</param>
    internal Writer(
        string path, TimeSpan busyTimeout, Func<bool> tryRelease, Action<int> walGrew, Action secretsErased)
    {
        transaction = new Transaction(path, busyTimeout, tryRelease);
        this.walGrew = walGrew;
        this.secretsErased = secretsErased;
        thread = new Thread(Loop) { IsBackground = true, Name = "store-writer" };
        thread.Start();
    }

    /// <summary>Whether the last write failed.</summary>
    internal bool Failing => transaction.Failing;

    /// <summary>Puts a job in line.</summary>
    internal void Enqueue(WriteJob job) => Enqueue(jobs, job);

    /// <summary>Puts a job in line that gives way to all others.</summary>
    internal void EnqueueBackground(WriteJob job) => Enqueue(background, job);

    /// <summary>Runs something between two transactions, with the thread standing still.</summary>
    internal void Pause(Action action)
    {
        lock (turn)
            action();
    }

    /// <summary>Finishes what is in line and closes the connection.</summary>
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

    /// <summary>Waits for jobs and takes them; false once the store is closed and nothing waits.</summary>
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

            // Background work gives way, but never for ever.
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
