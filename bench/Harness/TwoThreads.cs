namespace OrleansTasks.Bench.Harness;

/// <summary>A plain loop over integers on two threads, each over a half.</summary>
public static class TwoThreads
{
    private const int Warmings = 50;
    private const long WarmItems = 10_000;

    /// <summary>The sum over both halves, and the seconds that it took.</summary>
    /// <param name="items">How many integers, from 0.</param>
    /// <param name="sumOf">Sums from an integer up to another, which is not included.</param>
    public static (UInt128 Sum, double Seconds) Sum(long items, Func<long, long, UInt128> sumOf)
    {
        var began = TimeProvider.System.GetTimestamp();
        var halves = new UInt128[2];
        Parallel.For(0, 2, half => halves[half] = sumOf(items / 2 * half, half == 0 ? items / 2 : items));
        return (halves[0] + halves[1], TimeProvider.System.GetElapsedTime(began).TotalSeconds);
    }

    /// <summary>Calls it often enough that it will have been compiled for good.</summary>
    public static void Warm(Func<long, long, UInt128> sumOf)
    {
        for (var i = 0; i < Warmings; i++)
            Sum(WarmItems, sumOf);
    }
}
