using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Jobs;

/// <summary>
/// What a worker reported about an ended chunk, read and checked. <see cref="JobFold"/> reads each report once,
/// when it folds the chunk. Workers are not trusted, so the bytes of a report may be anything:
/// an invalid report makes the chunk a failed one and does not throw.
/// </summary>
/// <remarks>
/// A partial is the result of a successful chunk: the number of its items, and every aggregate over them.
/// There are four cases:
/// <list type="bullet">
/// <item>success: <c>Report</c> and <c>Partial</c>;</item>
/// <item>failure that the worker reports: <c>Report</c> with a code;</item>
/// <item>invalid report: <c>Fault</c> alone;</item>
/// <item>no report, for example because the nodes that ran the chunk were lost: all three are null.</item>
/// </list>
/// </remarks>
/// <param name="Report">
/// The report; its code is null when the chunk succeeded. Null when there is no report or it is invalid.
/// </param>
/// <param name="Partial">The partial of a chunk that succeeded; else null.</param>
/// <param name="Fault">What is wrong with an invalid report, as text for people; else null.</param>
internal readonly record struct ReportedChunk(ChunkReport? Report, Partial? Partial, string? Fault)
{
    /// <summary>Reads a report. Never throws.</summary>
    /// <param name="bytes">The report as the worker sent it and the store kept it; empty when there is none.</param>
    /// <param name="plan">The job's plan, which tells which aggregates a partial has.</param>
    /// <param name="items">
    /// The size of the chunk: bytes of a file, items of any other source. A partial that covers more items is refused.
    /// The bytes of a file bound its lines, because each line has at least one byte.
    /// </param>
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
            // Written with a difference, because the sum of two numbers that a worker makes up may overflow.
            return !reader.IsAtEnd ? new ReportedChunk(null, null, "It goes on behind its end.")
                : partial.Items > items - partial.Skipped ? new ReportedChunk(null, null, "It covers more items than the chunk has.")
                : new ReportedChunk(report, partial, null);
        }
        catch (Exception fault)
        {
            return new ReportedChunk(null, null, fault.Message);
        }
    }
}
