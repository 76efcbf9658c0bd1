using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Chunks;

/// <summary>
/// Takes simple rows of CSV for a single aggregate: it searches 64 bytes at a time for commas, quotes and line feeds,
/// and passes the fields on without a value object for each. All other rows, including any that could be an error, are
/// left to the evaluator.
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

    /// <summary>Returns the kernel; null if it does not support the plan or the items.</summary>
    public static RowKernel? TryFor(ProcessingPlan plan, in ChunkInput input, Partial partial) =>
        plan.Processor == ProcessorKind.Identity && input is { Format: ItemFormat.Csv, HasReturns: false, Header: { } header }
        && partial.States is [var only] && only.ColumnsOf(header) is { } looked
            ? new RowKernel(partial, header.Columns, looked)
            : null;

    /// <summary>Takes the first row. Returns false, with nothing taken, if the evaluator has to take it.</summary>
    /// <param name="lines">The row and what follows it.</param>
    /// <param name="length">The length of the row, including its line feed.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryTake(ReadOnlySpan<byte> lines, out int length)
    {
        var column = 0;
        length = 0;
        for (var at = 0; at <= lines.Length - Block; at += Block)
        {
            for (var ends = EndsIn(lines.Slice(at, Block)); ends != 0; ends &= ends - 1) // Clears the lowest set bit.
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

    /// <summary>Returns a bit for each of 64 bytes: 1 for a comma, line feed or quote.</summary>
    private static ulong EndsIn(ReadOnlySpan<byte> block) =>
        EndsIn(Vector256.Create(block)) | ((ulong)EndsIn(Vector256.Create(block[Vector256<byte>.Count..])) << Vector256<byte>.Count);

    private static uint EndsIn(Vector256<byte> bytes) => (
        Vector256.Equals(bytes, Vector256.Create((byte)','))
        | Vector256.Equals(bytes, Vector256.Create((byte)'\n'))
        | Vector256.Equals(bytes, Vector256.Create((byte)'"'))).ExtractMostSignificantBits();
}
