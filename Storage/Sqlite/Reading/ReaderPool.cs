using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>
/// Connections for reading. A short read runs at once, on the caller's thread; a long one on the thread pool, two at a
/// time, so that scans do not take all processors. Both see one snapshot.
/// </summary>
internal sealed class ReaderPool(string path, TimeSpan busyTimeout) : IDisposable
{
    private const int LongReads = 2;
    private const int ConnectionsKept = 4;
    private readonly Lock gate = new();
    private readonly Stack<ReadSession> idle = new();
    private readonly SemaphoreSlim longReads = new(LongReads);
    private bool closed;

    /// <summary>Reads now; throws <see cref="StoreUnavailableException"/>.</summary>
    internal T Short<T>(Func<ReadSession, T> read)
    {
        try
        {
            return InSession(read);
        }
        catch (SqliteFault fault)
        {
            throw new StoreUnavailableException(fault.Detail, fault);
        }
    }

    /// <summary>Reads now; what goes wrong is in the task.</summary>
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
    /// Reads on the thread pool; what it holds is given back there too, whatever becomes of the caller's turns.
    /// </summary>
    internal async Task<T> Long<T>(Func<ReadSession, T> read, CancellationToken cancellation = default)
    {
        await longReads.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Short(read), cancellation).ConfigureAwait(false);
        }
        finally
        {
            longReads.Release();
        }
    }

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

    private T InSession<T>(Func<ReadSession, T> read)
    {
        var session = Rent();
        try
        {
            session.Begin();
            var value = read(session);
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
