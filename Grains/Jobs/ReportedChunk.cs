using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Jobs;

/// <summary>
/// A worker's report on an ended chunk, validated because workers are not trusted:
/// <list type="bullet">
/// <item>success: <c>Report</c> and <c>Partial</c>;</item>
/// <item>failure reported by the worker: <c>Report</c> with a code;</item>
/// <item>invalid report, which makes the chunk fail: <c>Fault</c>, a human-readable message;</item>
/// <item>no report, as after node loss: all null.</item>
/// </list>
/// </summary>
internal readonly record struct ReportedChunk(ChunkReport? Report, Partial? Partial, string? Fault)
{
    /// <summary>
    /// Reads a report, which may be empty. Never throws. Refuses a partial that covers more than
    /// <paramref name="items"/>. For a file these are bytes, which bound its lines: each has at least one byte.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "The chunk is stored: whatever is wrong with it would be so after every restart.")]
    public static ReportedChunk Read(ReadOnlyMemory<byte> bytes, ProcessingPlan plan, long items)
    {
        if (bytes.IsEmpty)
            return default;
        try
        {
            var report = ChunkReport.Read(bytes);
            if (report.Code is not null)
                return new ReportedChunk(report, null, null);
            var reader = new ByteReader(report.Bytes.Span);
            var partial = Partial.Read(plan, ref reader);
            // Subtracts, because a sum of a worker's numbers may overflow.
            return !reader.IsAtEnd ? new ReportedChunk(null, null, "It has more bytes than expected.")
                : partial.Items > items - partial.Skipped ? new ReportedChunk(null, null, "It covers more items than the chunk has.")
                : new ReportedChunk(report, partial, null);
        }
        catch (Exception fault)
        {
            return new ReportedChunk(null, null, fault.Message);
        }
    }
}
