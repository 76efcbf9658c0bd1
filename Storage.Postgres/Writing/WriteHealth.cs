using Npgsql;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>The store's health, judged by the latest writes. Thread-safe.</summary>
internal sealed class WriteHealth(TimeProvider time)
{
    /// <summary>
    /// How long a full disk counts as low on space, because submissions would take the space that becomes free from
    /// results. Afterwards a write may try again.
    /// </summary>
    private static readonly TimeSpan FullFor = TimeSpan.FromSeconds(5);

    private const long Never = 0;
    private long fullSince = Never;
    private volatile bool failing;
    private int breaks;

    /// <summary>
    /// The number of connections that have broken so far. A connection opened before the last break may be dead, too.
    /// </summary>
    internal int Breaks => Volatile.Read(ref breaks);

    /// <summary>Whether the store accepts work now.</summary>
    internal StoreHealth Now
    {
        get
        {
            var since = Volatile.Read(ref fullSince);
            if (since != Never && time.GetElapsedTime(since) < FullFor)
                return StoreHealth.LowSpace;
            return failing ? StoreHealth.Failing : StoreHealth.Healthy;
        }
    }

    internal void Succeeded() => failing = false;

    internal void Failed(Exception fault)
    {
        if (Failures.IsPermanent(fault))
            return;
        failing = true;
        if (!Failures.IsDefinite(fault))
            Interlocked.Increment(ref breaks);
        if (fault is PostgresException { SqlState: Failures.DiskFull })
            Volatile.Write(ref fullSince, Math.Max(1, time.GetTimestamp()));
    }
}
