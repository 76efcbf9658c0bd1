using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Plugins;

namespace OrleansTasks.Processing.Chunks;

/// <summary>
/// Has a plug-in evaluate integers of a range many at a time, where every aggregate is a count, a sum, a mean or an extreme.
/// </summary>
internal sealed class IntegerKernel(IIntegerProcessor plugin, Partial partial)
{
    private const int Block = 4096;
    private const int LookEvery = 256;
    private readonly long[] items = new long[Block];
    private readonly long[] results = new long[Block];

    /// <summary>Whether it can do what is asked for.</summary>
    public static bool Fits(Partial partial) => partial.States.All(
        static state => state is CountState or SumState or ExtremeState && state.Spec.Value is not { IsWhole: false });

    public void Run(long first, long count, CancellationToken cancellation)
    {
        for (var (done, block) = (0L, 0); done < count; block++)
        {
            if (block % LookEvery == 0)
                cancellation.ThrowIfCancellationRequested();
            var length = (int)Math.Min(Block, count - done);
            for (var i = 0; i < length; i++)
                items[i] = first + done + i;
            plugin.Process(items.AsSpan(0, length), results.AsSpan(0, length));
            Take(results.AsSpan(0, length));
            done += length;
        }

        partial.Items += count;
    }

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
