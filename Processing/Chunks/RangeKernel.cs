using System.Runtime.CompilerServices;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Chunks;

/// <summary>
/// Evaluates the integers of a range in a tight loop, without a value object for each item.
/// It applies if results have at most 128 bits and every aggregate is a count, a sum, a mean or an extreme.
/// </summary>
internal sealed class RangeKernel
{
    /// <summary>Squares below 2^94 can be summed 2^32 times in 127 bits.</summary>
    private const long SquareLimit = 1L << 47;

    /// <summary>Integers below 2^62 can be summed 2^32 times in 127 bits.</summary>
    private const long IdentityLimit = 1L << 62;

    /// <summary>Squares of integers below 2^32 fit in 64 bits.</summary>
    private const long WordLimit = 1L << 32;

    private const long Block = 1L << 20;
    private readonly Partial partial;
    private readonly bool squares;
    private readonly bool needsExtremes;
    private readonly bool needsSum;

    private RangeKernel(Partial partial, bool squares)
    {
        this.partial = partial;
        this.squares = squares;
        needsExtremes = partial.States.Any(static state => state is ExtremeState);
        needsSum = partial.States.Any(static state => state is SumState);
    }

    /// <summary>Returns the kernel; null if it does not support the plan or the items.</summary>
    public static RangeKernel? TryFor(ProcessingPlan plan, in ChunkInput input, Partial partial)
    {
        if (plan.Processor is not (ProcessorKind.Identity or ProcessorKind.Square))
            return null;
        foreach (var state in partial.States)
        {
            if (state is not (CountState or SumState or ExtremeState) || state.Spec.Value is { IsWhole: false })
                return null;
        }

        var squares = plan.Processor == ProcessorKind.Square;
        var limit = squares ? SquareLimit : IdentityLimit;
        return input.First > -limit && input.First + input.Items < limit ? new RangeKernel(partial, squares) : null;
    }

    public void Run(long first, long items, CancellationToken cancellation)
    {
        for (var left = items; left > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(left, Block);
            RunBlock(first, count);
            first += count;
            left -= count;
        }

        partial.Items += items;
    }

    private void RunBlock(long first, long count)
    {
        var last = first + count;
        var sum = needsSum ? (squares ? SumOfSquares(first, last) : SumOf(first, last)) : default;
        var (least, most) = needsExtremes ? (squares ? ExtremesOfSquares(first, last) : ExtremesOf(first, last)) : default;
        foreach (var state in partial.States)
        {
            switch (state)
            {
                case CountState counts:
                    counts.Take(count);
                    break;
                case SumState sums:
                    sums.Take(sum, count);
                    break;
                case ExtremeState extremes:
                    extremes.Offer(Value.Of((BigInteger)(extremes.Spec.Op == AggregateOp.Min ? least : most)));
                    break;
            }
        }

        if (!needsSum && !needsExtremes)
            Evaluate(first, last);
    }

    private static Int128 SumOf(long first, long last)
    {
        Int128 sum = 0;
        for (var item = first; item < last; item++)
            sum += item;
        return sum;
    }

    private static Int128 SumOfSquares(long first, long last) =>
        first > -WordLimit && last <= WordLimit ? SumOfWordSquares(first, last) : SumOfWideSquares(first, last);

    /// <summary>
    /// Adds up 64-bit squares, several at a time: their upper and lower halves separately, whose sums a block cannot
    /// overflow.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Int128 SumOfWordSquares(long first, long last)
    {
        var lanes = Vector<long>.Count;
        var (lower, upper) = (Vector<ulong>.Zero, Vector<ulong>.Zero);
        var lowerHalf = Vector.Create((ulong)uint.MaxValue);
        var items = Vector.CreateSequence(first, 1L);
        var step = Vector.Create((long)lanes);
        var item = first;
        for (; item <= last - lanes; item += lanes)
        {
            var squares = Vector.AsVectorUInt64(items * items);
            lower += squares & lowerHalf;
            upper += squares >>> 32;
            items += step;
        }

        var sum = ((Int128)Vector.Sum(upper) << 32) + Vector.Sum(lower);
        for (; item < last; item++)
            sum += (Int128)item * item;
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Int128 SumOfWideSquares(long first, long last)
    {
        ulong low = 0;
        ulong high = 0;
        for (var item = first; item < last; item++)
        {
            var magnitude = (ulong)Math.Abs(item);
            var top = Math.BigMul(magnitude, magnitude, out var bottom);
            low += bottom;
            high += top + (low < bottom ? 1UL : 0UL);
        }

        return new Int128(high, low);
    }

    private static (Int128 Least, Int128 Most) ExtremesOf(long first, long last)
    {
        var (least, most) = (long.MaxValue, long.MinValue);
        for (var item = first; item < last; item++)
        {
            least = Math.Min(least, item);
            most = Math.Max(most, item);
        }

        return (least, most);
    }

    private static (Int128 Least, Int128 Most) ExtremesOfSquares(long first, long last)
    {
        var (least, most) = (Int128.MaxValue, Int128.Zero);
        for (var item = first; item < last; item++)
        {
            var square = (Int128)item * item;
            least = square < least ? square : least;
            most = square > most ? square : most;
        }

        return (least, most);
    }

    /// <summary>Evaluates every item even though no aggregate uses the results.</summary>
    private void Evaluate(long first, long last)
    {
        var mix = 0UL;
        for (var item = first; item < last; item++)
            mix ^= squares ? (ulong)(item * item) : (ulong)item;
        GC.KeepAlive(mix);
    }
}
