using OrleansTasks.Audit;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The requests that wait for the loop of a job's grain: a creation, queries, cancels, closes, blocks of items that
/// clients post, and hints of ended chunks. The methods of <see cref="JobGrain"/> add requests. <see cref="JobRunner"/>
/// takes and answers them, round by round, one kind after the other. A request that arrives while a round is at an
/// await is taken later in that round, or in the next round.
/// </summary>
/// <remarks>
/// Each activation has one inbox, in memory only. Adding and taking happen in the grain's turns,
/// so nothing here is locked. Every request except a hint has a caller that awaits a task, so whoever takes
/// a request must answer or fail it. <see cref="Fail"/> fails those that nobody has taken when the activation fails.
/// </remarks>
internal sealed class JobInbox
{
    /// <summary>The most blocks that one commit stores.</summary>
    private const int MostBlocks = 64;
    private readonly Queue<(JobBlock Block, TaskCompletionSource<AppendReply> Reply)> blocks = new();
    private readonly EndedInbox ended = new();

    /// <summary>The request to create the job that waits or is being performed; null when there is none.</summary>
    public JobCreation? Creation { get; private set; }

    /// <summary>The callers that wait for a view of the job.</summary>
    public Replies<JobView?> Gets { get; } = new();

    /// <summary>The callers that wait for an insight into the job's chunks.</summary>
    public JobLooks Looks { get; } = new();

    /// <summary>The callers that wait for the job to be cancelled.</summary>
    public Replies<bool> Cancels { get; } = new();

    /// <summary>Who asked first for the cancel that waits; null when nobody is to be recorded.</summary>
    public Origin? CancelOrigin { get; private set; }

    /// <summary>The callers that wait for the job's stream to be closed.</summary>
    public Replies<CloseOutcome> Closes { get; } = new();

    /// <summary>The dispatcher's hints of ended chunks, which have no caller to answer.</summary>
    public EndedInbox Ended => ended;

    /// <summary>Whether posted blocks wait, even blocks without items.</summary>
    public bool HasBlocks => blocks.Count > 0;

    /// <summary>Whether no request and no hint waits.</summary>
    public bool IsEmpty =>
        Creation is null && Gets.IsEmpty && Looks.IsEmpty && Cancels.IsEmpty && Closes.IsEmpty && blocks.Count == 0
        && ended.IsEmpty;

    /// <summary>
    /// Adds a request to create the job, and returns the task of its answer.
    /// While an earlier request is unanswered, a further call shares its answer:
    /// only a repeat of the same creation uses the same job id, so the arguments of the further call are ignored.
    /// </summary>
    public Task<JobReply> Create(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency) =>
        (Creation ??= new JobCreation(spec, idempotency)).Reply.Task;

    /// <summary>
    /// Removes the request to create the job. The runner calls this after it has answered the request.
    /// </summary>
    public void EndCreation() => Creation = null;

    /// <summary>Adds a request to cancel the job, and returns the task of its answer.</summary>
    public Task<bool> Cancel(Origin? origin)
    {
        if (Cancels.IsEmpty)
            CancelOrigin = origin;
        return Cancels.Add();
    }

    /// <summary>
    /// Adds a block of posted items.
    /// The task completes when the items that the job takes are stored, or the block is refused.
    /// </summary>
    public Task<AppendReply> Append(JobBlock block)
    {
        var reply = new TaskCompletionSource<AppendReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        blocks.Enqueue((block, reply));
        return reply.Task;
    }

    /// <summary>
    /// Takes the oldest blocks to store in the next commit: at most 64 blocks, with at most
    /// <see cref="JobCore.MostCutBytes"/> in all unless the first block alone is larger. Empty when no block waits.
    /// The caller must complete the reply of every block that it takes, also when the commit fails.
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
    /// Answers all waiting callers that the job does not exist, and removes the hints.
    /// A waiting creation is not answered: the runner performs a creation before it looks for the job.
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

    /// <summary>
    /// Fails all waiting callers, because the activation has failed. A caller that was answered
    /// before keeps its answer. The grain adds no request with a caller after this, since nobody would answer it.
    /// </summary>
    /// <param name="cause">
    /// Why the activation failed; <see cref="JobFaults.ToCaller"/> turns it into what callers receive.
    /// </param>
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
