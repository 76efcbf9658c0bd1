namespace OrleansTasks.Jobs;

/// <summary>
/// Takes the blocks of items that callers post to a job's stream. An upload is one request of a client, sent in blocks.
/// The gateway sends a block again when its answer was lost, and the log of uploads keeps items from being taken twice.
/// </summary>
/// <param name="isDiskLow">Whether the disk is nearly full.</param>
internal sealed class PostedBlocks(Func<bool> isDiskLow)
{
    private readonly UploadLog uploads = new();

    /// <summary>
    /// Cuts as many items of a block into chunks as the job can take. The caller stores the chunks, and only then
    /// gives the answer that this method returns. Returns null when the disk is nearly full, and then takes nothing.
    /// </summary>
    /// <remarks>
    /// The log is asked before the job's phase, so that a block that was taken is answered as taken even if the job has
    /// ended since.
    /// </remarks>
    /// <param name="job">The job.</param>
    /// <param name="block">The block.</param>
    /// <param name="slots">How many slots the job may use.</param>
    /// <param name="now">The time, in Unix milliseconds.</param>
    /// <param name="chunks">Gets the chunks.</param>
    public AppendReply? Take(
        JobCore job, JobBlock block, int slots, long now, ImmutableArray<ChunkPlan>.Builder chunks)
    {
        if (!job.IsStream)
            return new AppendReply(AppendOutcome.NotAStream, 0);
        // The upload log is lost with the activation. An unknown upload is new only if this is its first block
        // and was not sent before. Otherwise an earlier activation may have taken the block, and nobody knows.
        var known = uploads.TakenOf(block.Upload);
        if (known is null && (block.Offset > 0 || block.IsRepeat))
            return new AppendReply(AppendOutcome.UploadUnknown, 0);
        // A repeat of a block that was taken, perhaps in part. The gateway sends the rest again.
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
