using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Jobs;

/// <summary>
/// A worker's report of a chunk, read and checked: workers are not trusted, so its bytes may be anything. Without a partial the chunk has
/// failed. All three values are null when there was no report, for example because the chunk's nodes were lost.
/// </summary>
/// <param name="Report">The report, which has a code when the chunk failed; null when there is none or it is invalid.</param>
/// <param name="Partial">The chunk's partial; null when the chunk failed, and when there is no valid report.</param>
/// <param name="Fault">What is invalid in the report, as text for people; null when nothing is.</param>
internal readonly record struct ReportedChunk(ChunkReport? Report, Partial? Partial, string? Fault)
{
    /// <summary>Reads a report. Never throws.</summary>
    /// <param name="bytes">The report as the worker sent it; empty when there was none.</param>
    /// <param name="plan">The job's plan.</param>
    /// <param name="items">
    /// The chunk's size, which bounds the items that the report may cover: items, or bytes of a file, of which each line has at least one.
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
