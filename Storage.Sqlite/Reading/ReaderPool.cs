using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>
/// Pools read connections, in three lanes that never wait for each other. A short read runs at once, on the caller's
/// thread. A long read has a bounded length, such as a page of a queue that a dispatcher loads, and runs on the thread
/// pool. A scan may walk every task, and runs on its own thread, because the pool has only about as many threads as the
/// machine has processors, and two scans on it would delay every call. At most two long reads and two scans run at a
/// time. Every read sees one snapshot. A cancelled read ends at once, even within a statement, and frees its place.
/// </summary>
internal sealed class ReaderPool(string path, TimeSpan busyTimeout) : IDisposable
{
    /// <summary>The maximum number of concurrent long reads.</summary>
    internal const int LongReads = 2;

    /// <summary>The maximum number of concurrent scans.</summary>
    internal const int Scans = 2;

    private const int ConnectionsKept = 4;
    private readonly Lock gate = new();
    private readonly Stack<ReadSession> idle = new();
    private readonly SemaphoreSlim longReads = new(LongReads);
    private readonly SemaphoreSlim scans = new(Scans);
    private volatile bool isDamaged;
    private bool closed;

    /// <summary>Whether a read has met a damaged page or row.</summary>
    internal bool IsDamaged => isDamaged;

    /// <summary>Reads on the caller's thread. Throws <see cref="StoreUnavailableException"/>.</summary>
    internal T Short<T>(Func<ReadSession, T> read)
    {
        try
        {
            return InSession(read, default);
        }
        catch (SqliteFault fault)
        {
            throw Refusal(fault);
        }
        catch (FormatException fault)
        {
            throw Refusal(fault);
        }
    }

    /// <summary>Reads on the caller's thread. Failures are in the returned task.</summary>
    internal Task<T> ShortTask<T>(Func<ReadSession, T> read)
    {
        try
        {
            return Task.FromResult(Short(read));
        }
        catch (StoreUnavailableException e)
        {
            return Task.FromException<T>(e);
        }
    }

    /// <summary>
    /// Reads on the thread pool, and releases lane and connection there, even if the caller's scheduler is blocked.
    /// </summary>
    internal Task<T> Long<T>(Func<ReadSession, T> read, CancellationToken cancellation = default) =>
        InLane(longReads, TaskCreationOptions.DenyChildAttach, read, cancellation);

    /// <summary>Reads on a dedicated thread, in the lane of reads that may walk every row.</summary>
    internal Task<T> Scan<T>(Func<ReadSession, T> read, CancellationToken cancellation) =>
        InLane(scans, TaskCreationOptions.DenyChildAttach | TaskCreationOptions.LongRunning, read, cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            closed = true;
            while (idle.TryPop(out var session))
                session.Dispose();
        }
    }

    private async Task<T> InLane<T>(
        SemaphoreSlim lane, TaskCreationOptions thread, Func<ReadSession, T> read, CancellationToken cancellation)
    {
        await lane.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Factory.StartNew(
                () => Interruptible(read, cancellation), cancellation, thread, TaskScheduler.Default).ConfigureAwait(false);
        }
        finally
        {
            lane.Release();
        }
    }

    private T Interruptible<T>(Func<ReadSession, T> read, CancellationToken cancellation)
    {
        try
        {
            return InSession(read, cancellation);
        }
        catch (SqliteFault fault) when (fault.Kind == ResultCode.Interrupted && cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(fault.Message, fault, cancellation);
        }
        catch (SqliteFault fault)
        {
            throw Refusal(fault);
        }
        catch (FormatException fault)
        {
            throw Refusal(fault);
        }
    }

    private T InSession<T>(Func<ReadSession, T> read, CancellationToken cancellation)
    {
        var session = Rent();
        try
        {
            T value;
            // Disposing the registration waits for a running interrupt, so no interrupt reaches a closed connection.
            using (cancellation.UnsafeRegister(static state => ((ReadSession)state!).Interrupt(), session))
            {
                session.Begin();
                value = read(session);
            }

            cancellation.ThrowIfCancellationRequested();
            session.End();
            Return(session);
            return value;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private StoreUnavailableException Refusal(SqliteFault fault)
    {
        isDamaged |= fault.IsDamage;
        return new StoreUnavailableException(fault.Detail, fault);
    }

    // A page may be damaged without SQLite noticing; then a row has what no program wrote.
    private StoreUnavailableException Refusal(FormatException fault)
    {
        isDamaged = true;
        return new StoreUnavailableException($"A stored row is damaged: {fault.Message}", fault);
    }

    private ReadSession Rent()
    {
        lock (gate)
        {
            if (closed)
                throw new StoreUnavailableException("The store is closed.");
            if (idle.TryPop(out var session))
                return session;
        }

        return new ReadSession(path, busyTimeout);
    }

    private void Return(ReadSession session)
    {
        lock (gate)
        {
            if (!closed && idle.Count < ConnectionsKept)
            {
                idle.Push(session);
                return;
            }
        }

        session.Dispose();
    }
}
