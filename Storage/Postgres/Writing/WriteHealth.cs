using Npgsql;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>What the last writes say of the store. Safe for several threads.</summary>
internal sealed class WriteHealth(TimeProvider time)
{
    /// <summary>
    /// How long a disk that was full counts as low on space: submissions would take the room that comes free from results. After
    /// this time a write tries again.
    /// </summary>
    private static readonly TimeSpan FullFor = TimeSpan.FromSeconds(5);

    private const long Never = 0;
    private long fullSince = Never;
    private volatile bool failing;
    private int breaks;

    /// <summary>
    /// How often a connection has broken. Whoever holds a connection from before the last time must expect that it is dead, too.
    /// </summary>
    internal int Breaks => Volatile.Read(ref breaks);

    /// <summary>Whether the store takes work now.</summary>
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
