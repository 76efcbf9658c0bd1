using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Plugins;

namespace OrleansTasks.Processing.Chunks;

/// <summary>
/// Passes the integers of a range to a plug-in in blocks, if every aggregate is a count, a sum, a mean or an extreme.
/// Cancellation is checked before every block; slow plug-ins get smaller blocks, so that a cancelled chunk ends soon.
/// </summary>
internal sealed class IntegerKernel(IIntegerProcessor plugin, Partial partial)
{
    private const int LargestBlock = 4096;
    private static readonly TimeSpan ShortBlock = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongBlock = TimeSpan.FromMilliseconds(50);
    private readonly long[] items = new long[LargestBlock];
    private readonly long[] results = new long[LargestBlock];

    /// <summary>Whether the kernel supports all aggregates.</summary>
    public static bool Fits(Partial partial) => partial.States.All(
        static state => state is CountState or SumState or ExtremeState && state.Spec.Value is not { IsWhole: false });

    public void Run(long first, long count, CancellationToken cancellation)
    {
        var block = 1;
        for (var done = 0L; done < count;)
        {
            cancellation.ThrowIfCancellationRequested();
            var length = (int)Math.Min(block, count - done);
            for (var i = 0; i < length; i++)
                items[i] = first + done + i;
            var began = TimeProvider.System.GetTimestamp();
            plugin.Process(items.AsSpan(0, length), results.AsSpan(0, length));
            block = Next(block, TimeProvider.System.GetElapsedTime(began));
            Take(results.AsSpan(0, length));
            done += length;
        }

        partial.Items += count;
    }

    private static int Next(int block, TimeSpan took) =>
        took < ShortBlock ? Math.Min(2 * block, LargestBlock) : took > LongBlock ? Math.Max(block / 2, 1) : block;

    private void Take(ReadOnlySpan<long> made)
    {
        Int128 sum = 0;
        var (least, most) = (long.MaxValue, long.MinValue);
        foreach (var result in made)
        {
            sum += result;
            least = Math.Min(least, result);
            most = Math.Max(most, result);
        }

        foreach (var state in partial.States)
        {
            switch (state)
            {
                case CountState counts:
                    counts.Take(made.Length);
                    break;
                case SumState sums:
                    sums.Take(sum, made.Length);
                    break;
                case ExtremeState extremes:
                    extremes.Offer(Value.Of(extremes.Spec.Op == AggregateOp.Min ? least : most));
                    break;
            }
        }
    }
}
