using OrleansTasks.Cluster;

namespace OrleansTasks.Silo.Calls;

/// <summary>Counts the calls of one method. Thread-safe.</summary>
internal sealed class MethodFigure(string grain, string method)
{
    private readonly long[] durations = new long[DurationBuckets.Count];
    private long failures;
    private long total;
    private long longest;

    /// <summary>Records a call that has ended.</summary>
    public void Add(TimeSpan took, bool failed)
    {
        var microseconds = took.Ticks / TimeSpan.TicksPerMicrosecond;
        Interlocked.Increment(ref durations[DurationBuckets.IndexOf(microseconds)]);
        Interlocked.Add(ref total, microseconds);
        if (failed)
            Interlocked.Increment(ref failures);
        // Another thread may raise the maximum at the same time: retry until this value is stored or exceeded.
        for (var known = Volatile.Read(ref longest); microseconds > known;)
        {
            var before = Interlocked.CompareExchange(ref longest, microseconds, known);
            if (before == known)
                break;
            known = before;
        }
    }

    /// <summary>Returns the current figures.</summary>
    public CallFigure Read()
    {
        var counts = ImmutableArray.CreateBuilder<long>(durations.Length);
        for (var i = 0; i < durations.Length; i++)
            counts.Add(Volatile.Read(ref durations[i]));
        return new CallFigure(grain, method, counts.Sum(), Volatile.Read(ref failures), Volatile.Read(ref total),
            Volatile.Read(ref longest), counts.MoveToImmutable());
    }
}
