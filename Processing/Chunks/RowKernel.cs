using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Chunks;

/// <summary>
/// Takes common rows of CSV for a single aggregate: 64 bytes at a time are searched for commas, quotes and line feeds, and the
/// aggregate sees the fields without a value object each. It leaves every other row, also each that could be an error, to the
/// evaluator.
/// </summary>
internal sealed class RowKernel
{
    private const int Block = 64;
    private readonly AggregateState state;
    private readonly Partial partial;
    private readonly int columns;
    private readonly int by;
    private readonly int value;
    private readonly int[] starts;

    private RowKernel(Partial partial, int columns, (int By, int Value) looked)
    {
        (this.partial, state, this.columns) = (partial, partial.States[0], columns);
        (by, value) = looked;
        starts = new int[columns + 1];
    }

    /// <summary>The kernel, if it can do what the plan asks for these items.</summary>
    public static RowKernel? TryFor(ProcessingPlan plan, in ChunkInput input, Partial partial) =>
        plan.Processor == ProcessorKind.Identity && input is { Format: ItemFormat.Csv, Header: { } header }
        && partial.States is [var only] && only.ColumnsOf(header) is { } looked
            ? new RowKernel(partial, header.Columns, looked)
            : null;

    /// <summary>Takes the row that lines begin with; false, with nothing taken, when the evaluator has to.</summary>
    /// <param name="lines">The row and what follows it.</param>
    /// <param name="length">How long the row is, with its line feed.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryTake(ReadOnlySpan<byte> lines, out int length)
    {
        var column = 0;
        length = 0;
        for (var at = 0; at <= lines.Length - Block; at += Block)
        {
            for (var ends = EndsIn(lines.Slice(at, Block)); ends != 0; ends &= ends - 1)
            {
                var end = at + BitOperations.TrailingZeroCount(ends);
                var mark = lines[end];
                if (mark == '"' || column == columns)
                    return false;
                starts[++column] = end + 1;
                if (mark != '\n')
                    continue;
                length = end + 1;
                if (column != columns || end == 0 || !state.TryTakeFields(new CsvRow(lines, starts), by, value))
                    return false;
                partial.Items++;
                return true;
            }
        }

        return false;
    }

    /// <summary>Which of 64 bytes are commas, line feeds or quotes.</summary>
    private static ulong EndsIn(ReadOnlySpan<byte> block) =>
        EndsIn(Vector256.Create(block)) | ((ulong)EndsIn(Vector256.Create(block[Vector256<byte>.Count..])) << Vector256<byte>.Count);

    private static uint EndsIn(Vector256<byte> bytes) => (
        Vector256.Equals(bytes, Vector256.Create((byte)','))
        | Vector256.Equals(bytes, Vector256.Create((byte)'\n'))
        | Vector256.Equals(bytes, Vector256.Create((byte)'"'))).ExtractMostSignificantBits();
}
