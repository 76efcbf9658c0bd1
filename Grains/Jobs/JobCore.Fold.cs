using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

internal sealed partial class JobCore
{
    /// <summary>Takes an ended chunk in, unless it has been.</summary>
    public void Fold(EndedChunk ended, long now)
    {
        if (IsOver || !open.Remove(ended.No, out var chunk))
            return;
        openBytes -= chunk.Bytes;
        reducing.Remove(chunk.Reduced);
        openItems -= chunk.Items;
        if (!folded.Add(ended.No))
            return;
        unsaved.Add(ended.No);
        var (report, partial, fault) = Read(ended, chunk.Items);
        if (partial is not null)
            Take(ended, partial, chunk.Items, now);
        else
            TakeFailure(ended, report, fault, chunk.Items);
        rate.Note(now, total.Items + total.Skipped);
    }

    [SuppressMessage("Design", "CA1031", Justification = "The chunk is stored: whatever is wrong with it would be so after every restart.")]
    private void Take(EndedChunk ended, Partial partial, long items, long now)
    {
        foreach (var error in partial.Errors)
            Note(new JobFailure(
                ended.No, error.Item, "item-error", error.Message, error.Value, ended.Attempt, ended.Node, ended.At));
        var share = nodes.GetValueOrDefault(ended.Node, new NodeShare(ended.Node, 0, 0));
        if (partial.Items + partial.Skipped > 0)
            nodes[ended.Node] = share with { Items = share.Items + partial.Items, Chunks = share.Chunks + 1 };
        sizer.Note(IsFile ? items : partial.Items + partial.Skipped, ended.Micros);
        outcome = null;
        try
        {
            total.Merge(partial);
        }
        catch (Exception fault)
        {
            var code = fault switch
            {
                TooManyGroupsException => "too-many-groups",
                ResultsTooLargeException => "results-too-large",
                _ => "chunk-failed",
            };
            Note(new JobFailure(ended.No, null, code, fault.Message, null, ended.Attempt, ended.Node, now));
            Fail(code);
        }

        if (spec.MaxErrors is { } most && total.Skipped > most)
            Fail("too-many-errors");
    }

    private void TakeFailure(EndedChunk ended, ChunkReport? report, string? fault, long items)
    {
        var code = report?.Code ?? (ended.Reason == EndReason.NodeLost ? "node-lost" : "chunk-failed");
        var message = fault is not null ? $"The worker's report cannot be read: {fault}" : report?.Message ?? (ended.Reason == EndReason.NodeLost
            ? "Its nodes were lost too often."
            : $"The chunk ended by {ended.Reason.Name()}.");
        // How many lines a part of a file has, nobody knows who has not read it.
        itemsFailed += report?.Error is null && !IsFile ? items : 1;
        Note(new JobFailure(
            ended.No, report?.Error?.Item, code, message, report?.Error?.Value, ended.Attempt, ended.Node, ended.At));
        Fail(code);
    }

    /// <summary>What a worker says of a chunk, which may be anything; the fault when it makes no sense.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The chunk is stored: whatever is wrong with it would be so after every restart.")]
    private (ChunkReport? Report, Partial? Partial, string? Fault) Read(EndedChunk ended, long items)
    {
        if (ended.Report.IsEmpty)
            return default;
        try
        {
            var report = ChunkReport.Read(ended.Report);
            if (report.Code is not null)
                return (report, null, null);
            var reader = new ByteReader(report.Bytes.Span);
            var partial = Partial.Read(spec.Plan, ref reader);
            return !reader.IsAtEnd ? (null, null, "It goes on behind its end.")
                : partial.Items > items - partial.Skipped ? (null, null, "It covers more items than the chunk has.")
                : (report, partial, null);
        }
        catch (Exception fault)
        {
            return (null, null, fault.Message);
        }
    }

    private void Fail(string why)
    {
        if (IsStopping)
            return;
        reason = why;
        Move(JobTrigger.Fail);
    }

    private void Note(JobFailure failure)
    {
        if (failures.Count < MostFailures)
            failures.Add(failure);
    }
}
