namespace OrleansTasks.Jobs;

/// <summary>Takes blocks posted to a job's stream. The upload log keeps resent blocks from being taken twice.</summary>
internal sealed class PostedBlocks(Func<bool> isDiskLow)
{
    private readonly UploadLog uploads = new();

    /// <summary>
    /// Cuts a block into chunks as far as the job has room. Store the chunks before giving the answer. Returns null and
    /// takes nothing if the disk is nearly full. The log comes before the phase, so a block that was taken gets that
    /// answer even after the job's end.
    /// </summary>
    public AppendReply? Take(
        JobCore job, JobBlock block, int slots, long now, ImmutableArray<ChunkPlan>.Builder chunks)
    {
        if (!job.IsStream)
            return new AppendReply(AppendOutcome.NotAStream, 0);
        // The log is lost with the activation. An unknown upload is new only if its first block is sent for the first
        // time; otherwise an earlier activation may have taken the block.
        var known = uploads.TakenOf(block.Upload);
        if (known is null && (block.Offset > 0 || block.IsRepeat))
            return new AppendReply(AppendOutcome.UploadUnknown, 0);
        // A repeat, perhaps of a block that was taken in part; the gateway sends the rest again.
        if (known > block.Offset)
            return new AppendReply(AppendOutcome.Taken, known.Value - block.Offset);
        if (!job.TakesItems)
            return new AppendReply(AppendOutcome.Closed, 0);
        if (isDiskLow())
            return null;
        var taken = job.Append(block.Lines, block.Items, slots, now, chunks);
        uploads.Note(block.Upload, block.Offset + taken);
        return new AppendReply(taken == 0 && block.Items > 0 ? AppendOutcome.Full : AppendOutcome.Taken, taken);
    }
}
