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
        if (ReportOf(ended) is { } report && report.Code is null && TryRead(report, out var partial))
            Take(ended, partial, chunk.Items, now);
        else
            TakeFailure(ended, chunk.Items);
        rate.Note(now, total.Items + total.Skipped);
    }

    private void Take(EndedChunk ended, Partial partial, long items, long now)
    {
        foreach (var error in partial.Errors)
            Note(new JobFailure(
                ended.No, error.Item, "item-error", error.Message, error.Value, ended.Attempt, ended.Node, ended.At));
        var share = nodes.GetValueOrDefault(ended.Node, new NodeShare(ended.Node, 0, 0));
        if (partial.Items + partial.Skipped > 0)
            nodes[ended.Node] = share with { Items = share.Items + partial.Items, Chunks = share.Chunks + 1 };
        sizer.Note(IsFile ? items : partial.Items + partial.Skipped, ended.Micros);
        try
        {
            total.Merge(partial);
        }
        catch (Exception fault) when (fault is TooManyGroupsException or ResultsTooLargeException)
        {
            var code = fault is TooManyGroupsException ? "too-many-groups" : "results-too-large";
            Note(new JobFailure(ended.No, null, code, fault.Message, null, ended.Attempt, ended.Node, now));
            Fail(code);
        }

        if (spec.MaxErrors is { } most && total.Skipped > most)
            Fail("too-many-errors");
    }

    private void TakeFailure(EndedChunk ended, long items)
    {
        var report = ReportOf(ended);
        var code = report?.Code ?? (ended.Reason == EndReason.NodeLost ? "node-lost" : "chunk-failed");
        var message = report?.Message ?? (ended.Reason == EndReason.NodeLost
            ? "Its nodes were lost too often."
            : $"The chunk ended by {ended.Reason.Name()}.");
        // How many lines a part of a file has, nobody knows who has not read it.
        itemsFailed += report?.Error is null && !IsFile ? items : 1;
        Note(new JobFailure(
            ended.No, report?.Error?.Item, code, message, report?.Error?.Value, ended.Attempt, ended.Node, ended.At));
        Fail(code);
    }

    private static ChunkReport? ReportOf(EndedChunk ended)
    {
        try
        {
            return ended.Report.IsEmpty ? null : ChunkReport.Read(ended.Report);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private bool TryRead(ChunkReport report, out Partial partial)
    {
        try
        {
            var reader = new ByteReader(report.Bytes.Span);
            partial = Partial.Read(spec.Plan, ref reader);
            return true;
        }
        catch (FormatException)
        {
            partial = null!;
            return false;
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
