using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Jobs;

/// <summary>What a worker says of a chunk, which may be anything.</summary>
/// <param name="Report">What it reported; null when it reported nothing or what makes no sense.</param>
/// <param name="Partial">What came of the chunk; null when it failed.</param>
/// <param name="Fault">Why the report makes no sense; null when it does.</param>
internal readonly record struct ReportedChunk(ChunkReport? Report, Partial? Partial, string? Fault)
{
    /// <summary>Reads a report of a chunk that has so many items. Never throws.</summary>
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
