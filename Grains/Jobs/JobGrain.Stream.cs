namespace OrleansTasks.Jobs;

public sealed partial class JobGrain
{
    private const int MostAppends = 64;

    /// <summary>Stores what was posted: all that waits, in one commit.</summary>
    private async Task Append(JobCore job)
    {
        var answers = new List<(TaskCompletionSource<AppendReply> Reply, AppendReply Answer)>();
        var chunks = ImmutableArray.CreateBuilder<ChunkPlan>();
        while (answers.Count < MostAppends && appends.TryDequeue(out var append))
            answers.Add((append.Reply, Take(job, append.Block, chunks)));
        try
        {
            if (chunks.Count > 0)
                await Tell(job, null, chunks.DrainToImmutable(), stops: false);
            foreach (var (reply, answer) in answers)
                reply.TrySetResult(answer);
        }
        catch (Exception exception)
        {
            foreach (var (reply, _) in answers)
                reply.TrySetException(NewFailure(exception));
            throw;
        }
    }

    private AppendReply Take(JobCore job, JobBlock block, ImmutableArray<ChunkPlan>.Builder chunks)
    {
        if (!job.IsStream)
            return new AppendReply(AppendOutcome.NotAStream, 0);
        var known = uploads.TakenOf(block.Upload);
        if (known is null && block.Offset > 0)
            return new AppendReply(AppendOutcome.UploadUnknown, 0);
        // Sent again, because its answer was lost.
        if (known > block.Offset)
            return new AppendReply(AppendOutcome.Taken, known.Value - block.Offset);
        if (!job.TakesItems)
            return new AppendReply(AppendOutcome.Closed, 0);
        var taken = job.Append(block.Lines, block.Items, slots, ReadClock(), chunks);
        uploads.Note(block.Upload, block.Offset + taken);
        return new AppendReply(taken == 0 && block.Items > 0 ? AppendOutcome.Full : AppendOutcome.Taken, taken);
    }

    private async Task CloseNow(JobCore job)
    {
        var asked = closes.ToArray();
        closes.Clear();
        try
        {
            var outcome = !job.IsStream ? CloseOutcome.NotAStream : job.IsOver && !job.IsClosed ? CloseOutcome.Finished : CloseOutcome.Closed;
            if (job.TakesItems)
            {
                job.Close();
                await Tell(job, job.ToWrite(withProgress: false), [], stops: false);
            }

            foreach (var reply in asked)
                reply.TrySetResult(outcome);
        }
        catch (Exception exception)
        {
            foreach (var reply in asked)
                reply.TrySetException(NewFailure(exception));
            throw;
        }
    }
}
