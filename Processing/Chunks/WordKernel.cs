using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Chunks;

/// <summary>
/// Passes the words of a line to the aggregates without a value object for each, if all aggregates take any string. It
/// converts 64 bytes at a time to lower case and searches them for the edges of words. Lines that are not ASCII are
/// left to the evaluator.
/// </summary>
internal sealed class WordKernel
{
    private const int Block = 64;
    private readonly Partial partial;
    private byte[] small = new byte[4 * Block];

    private WordKernel(Partial partial) => this.partial = partial;

    /// <summary>Returns the kernel; null if it does not support the plan or the items.</summary>
    public static WordKernel? TryFor(ProcessingPlan plan, in ChunkInput input, Partial partial) =>
        plan.Processor == ProcessorKind.Words && input.Format == ItemFormat.Text && partial.States.All(static state => state.TakesTexts)
            ? new WordKernel(partial)
            : null;

    /// <summary>Takes a line. Returns false, with nothing taken, if the evaluator has to take it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryTake(ReadOnlySpan<byte> line)
    {
        if (!Ascii.IsValid(line))
            return false;
        if (small.Length < line.Length + Block)
            small = new byte[2 * (line.Length + Block)];
        line.CopyTo(small);
        // Ends a word at the end of the line, whatever a longer line left in the buffer.
        small.AsSpan(line.Length, Block).Clear();
        var start = -1;
        var before = 0UL;
        for (var at = 0; at <= line.Length; at += Block)
        {
            var inside = MakeSmall(small.AsSpan(at, Block));
            // An edge is a bit that differs from the one before. Edges alternate between the start and the end of a
            // word.
            for (var edges = inside ^ ((inside << 1) | before); edges != 0; edges &= edges - 1)
            {
                var edge = at + BitOperations.TrailingZeroCount(edges);
                if (start < 0)
                {
                    start = edge;
                    continue;
                }

                Take(small.AsSpan(start, edge - start));
                start = -1;
            }

            before = inside >> (Block - 1);
        }

        partial.Items++;
        return true;
    }

    private void Take(ReadOnlySpan<byte> word)
    {
        foreach (var state in partial.States)
            state.TakeText(word);
    }

    /// <summary>
    /// Converts the letters in 64 bytes to lower case. Returns a bit for each byte: 1 for a letter or digit.
    /// </summary>
    private static ulong MakeSmall(Span<byte> block) =>
        MakeHalfSmall(block) | ((ulong)MakeHalfSmall(block[Vector256<byte>.Count..]) << Vector256<byte>.Count);

    private static uint MakeHalfSmall(Span<byte> half)
    {
        var bytes = Vector256.Create<byte>(half);
        // Sets the bit by which lower-case ASCII letters differ from upper-case ones.
        var small = bytes | Vector256.Create((byte)0x20);
        var areLetters = Vector256.LessThan(small - Vector256.Create((byte)'a'), Vector256.Create((byte)26));
        var areDigits = Vector256.LessThan(bytes - Vector256.Create((byte)'0'), Vector256.Create((byte)10));
        Vector256.ConditionalSelect(areLetters, small, bytes).CopyTo(half);
        return (areLetters | areDigits).ExtractMostSignificantBits();
    }
}
