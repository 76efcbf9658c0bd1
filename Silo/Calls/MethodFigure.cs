using OrleansTasks.Cluster;

namespace OrleansTasks.Silo.Calls;

/// <summary>Counts one method's calls, from any thread.</summary>
internal sealed class MethodFigure(string grain, string method)
{
    private readonly long[] durations = new long[DurationBuckets.Count];
    private long failures;
    private long total;
    private long longest;

    /// <summary>A call has ended.</summary>
    public void Add(TimeSpan took, bool failed)
    {
        var microseconds = took.Ticks / TimeSpan.TicksPerMicrosecond;
        Interlocked.Increment(ref durations[DurationBuckets.IndexOf(microseconds)]);
        Interlocked.Add(ref total, microseconds);
        if (failed)
            Interlocked.Increment(ref failures);
        for (var known = Volatile.Read(ref longest); microseconds > known;)
        {
            var before = Interlocked.CompareExchange(ref longest, microseconds, known);
            if (before == known)
                break;
            known = before;
        }
    }

    /// <summary>The figures now.</summary>
    public CallFigure Read()
    {
        var counts = ImmutableArray.CreateBuilder<long>(durations.Length);
        for (var i = 0; i < durations.Length; i++)
            counts.Add(Volatile.Read(ref durations[i]));
        return new CallFigure(grain, method, counts.Sum(), Volatile.Read(ref failures), Volatile.Read(ref total),
            Volatile.Read(ref longest), counts.MoveToImmutable());
    }
}
