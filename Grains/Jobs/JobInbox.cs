using OrleansTasks.Audit;
using OrleansTasks.Jobs.Insight;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Requests that wait for the loop of a job's grain. <see cref="JobGrain"/> adds them; <see cref="JobRunner"/> takes
/// and answers them, one kind after the other. A round may take a request that arrives during it.
/// </summary>
/// <remarks>
/// Kept in memory only, one inbox per activation; used in the grain's turns without locks. All requests except hints
/// have a waiting caller, so the runner must answer or fail each request that it takes.
/// </remarks>
internal sealed class JobInbox
{
    /// <summary>Limit on blocks per commit.</summary>
    private const int MostBlocks = 64;
    private readonly Queue<(JobBlock Block, TaskCompletionSource<AppendReply> Reply)> blocks = new();
    private readonly EndedInbox ended = new();

    /// <summary>The creation that waits or is being performed, or null.</summary>
    public JobCreation? Creation { get; private set; }

    public Replies<JobView?> Gets { get; } = new();

    public JobLooks Looks { get; } = new();

    public Replies<bool> Cancels { get; } = new();

    /// <summary>Origin of the first waiting cancel; null if none is recorded.</summary>
    public Origin? CancelOrigin { get; private set; }

    public Replies<CloseOutcome> Closes { get; } = new();

    /// <summary>The dispatcher's hints, which need no answer.</summary>
    public EndedInbox Ended => ended;

    /// <summary>Whether blocks wait, even blocks without items.</summary>
    public bool HasBlocks => blocks.Count > 0;

    public bool IsEmpty =>
        Creation is null && Gets.IsEmpty && Looks.IsEmpty && Cancels.IsEmpty && Closes.IsEmpty && blocks.Count == 0
        && ended.IsEmpty;

    /// <summary>
    /// Adds a creation. Further calls share the waiting one's answer, and their arguments are ignored, because only
    /// repeats of the same creation use the same job id.
    /// </summary>
    public Task<JobReply> Create(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency) =>
        (Creation ??= new JobCreation(spec, idempotency)).Reply.Task;

    /// <summary>Removes the creation, after the runner has answered it.</summary>
    public void EndCreation() => Creation = null;

    public Task<bool> Cancel(Origin? origin)
    {
        if (Cancels.IsEmpty)
            CancelOrigin = origin;
        return Cancels.Add();
    }

    /// <summary>Adds a block; the task completes when the taken items are stored or the block is refused.</summary>
    public Task<AppendReply> Append(JobBlock block)
    {
        var reply = new TaskCompletionSource<AppendReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        blocks.Enqueue((block, reply));
        return reply.Task;
    }

    /// <summary>
    /// Takes the blocks for the next commit: at most 64, and at most <see cref="JobCore.MostCutBytes"/> unless the
    /// first alone is larger. The caller must complete every reply, even if the commit fails.
    /// </summary>
    public List<(JobBlock Block, TaskCompletionSource<AppendReply> Reply)> TakeBlocks()
    {
        var taken = new List<(JobBlock Block, TaskCompletionSource<AppendReply> Reply)>();
        var bytes = 0L;
        while (taken.Count < MostBlocks && blocks.TryPeek(out var next))
        {
            bytes += next.Block.Lines.Length;
            if (taken.Count > 0 && bytes > JobCore.MostCutBytes)
                break;
            taken.Add(blocks.Dequeue());
        }

        return taken;
    }

    /// <summary>
    /// Answers all callers that the job does not exist, and drops the hints. A waiting creation stays: the runner
    /// performs it before it looks for the job.
    /// </summary>
    public void AnswerNoJob()
    {
        ended.Clear();
        Gets.Answer(null);
        Looks.AnswerNoJob();
        Cancels.Answer(false);
        Closes.Answer(CloseOutcome.NoJob);
        while (blocks.TryDequeue(out var block))
            block.Reply.TrySetResult(new AppendReply(AppendOutcome.NoJob, 0));
    }

    /// <summary>Fails all waiting callers of a failed activation. The grain adds none afterwards.</summary>
    public void Fail(Exception cause)
    {
        Creation?.Reply.TrySetException(JobFaults.ToCaller(cause));
        Gets.Fail(cause);
        Looks.Fail(cause);
        Cancels.Fail(cause);
        Closes.Fail(cause);
        while (blocks.TryDequeue(out var block))
            block.Reply.TrySetException(JobFaults.ToCaller(cause));
    }
}
