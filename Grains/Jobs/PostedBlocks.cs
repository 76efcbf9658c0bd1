namespace OrleansTasks.Jobs;

/// <summary>Takes blocks posted to a job's stream. The upload log keeps resent blocks from being taken twice.</summary>
internal sealed class PostedBlocks(Func<bool> isDiskLow)
{
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
        var known = job.Uploads.TakenOf(block.Upload);
        // Taken before, at least in part; the gateway sends the rest again.
        if (known > block.Offset)
            return new AppendReply(AppendOutcome.Taken, known.Value - block.Offset);
        var isForgotten = known is null && block.IsRepeat && job.Uploads.MayHaveForgotten(block.Upload);
        if (isForgotten || (known ?? 0) < block.Offset)
            return new AppendReply(AppendOutcome.UploadUnknown, 0);
        if (!job.TakesItems)
            return new AppendReply(AppendOutcome.Closed, 0);
        if (isDiskLow())
            return null;
        var taken = job.Append(block.Lines, block.Items, slots, now, chunks, new UploadMark(block.Upload, block.Offset));
        job.Uploads.Note(new UploadMark(block.Upload, block.Offset + taken));
        return new AppendReply(taken == 0 && block.Items > 0 ? AppendOutcome.Full : AppendOutcome.Taken, taken);
    }
}
