using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The requests that wait for a job's loop: a creation, queries, cancels, closes, posted blocks, and hints of ended
/// chunks. The grain's methods add requests; the loop takes and answers them. Both run in the grain's turns, so nothing here is locked;
/// requests arrive while the loop awaits, and wait for the next round.
/// </summary>
internal sealed class JobInbox
{
    /// <summary>The most blocks of one commit.</summary>
    private const int MostBlocks = 64;
    private readonly Queue<(JobBlock Block, TaskCompletionSource<AppendReply> Reply)> blocks = new();
    private readonly EndedInbox ended = new();

    /// <summary>The waiting request to create the job; null when there is none.</summary>
    public JobCreation? Creation { get; private set; }

    /// <summary>The callers that wait for a view of the job.</summary>
    public Replies<JobView?> Gets { get; } = new();

    /// <summary>The callers that wait for the job to be cancelled.</summary>
    public Replies<bool> Cancels { get; } = new();

    /// <summary>The callers that wait for the job's stream to be closed.</summary>
    public Replies<CloseOutcome> Closes { get; } = new();

    /// <summary>The chunks that the dispatcher has reported as ended.</summary>
    public EndedInbox Ended => ended;

    /// <summary>Whether posted blocks wait.</summary>
    public bool HasBlocks => blocks.Count > 0;

    /// <summary>Whether no request and no hint waits.</summary>
    public bool IsEmpty =>
        Creation is null && Gets.IsEmpty && Cancels.IsEmpty && Closes.IsEmpty && blocks.Count == 0 && ended.IsEmpty;

    /// <summary>
    /// Adds a request to create the job. While a request waits, further calls share its answer: they repeat the same creation, so what they
    /// bring is ignored.
    /// </summary>
    public Task<JobReply> Create(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency) =>
        (Creation ??= new JobCreation(spec, idempotency)).Reply.Task;

    /// <summary>Removes the request to create the job. The loop calls this after it has answered the request.</summary>
    public void EndCreation() => Creation = null;

    /// <summary>Adds a posted block. The task completes when the block's items are stored or refused.</summary>
    public Task<AppendReply> Append(JobBlock block)
    {
        var reply = new TaskCompletionSource<AppendReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        blocks.Enqueue((block, reply));
        return reply.Task;
    }

    /// <summary>
    /// Takes the blocks to store in the next commit: at most 64 blocks of <see cref="JobCore.MostCutBytes"/> in all,
    /// but at least one block if any waits. The caller answers them, also when the commit fails.
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

    /// <summary>Answers all waiting callers, except the creation's, that the job does not exist, and removes the hints.</summary>
    public void AnswerNoJob()
    {
        ended.Clear();
        Gets.Answer(null);
        Cancels.Answer(false);
        Closes.Answer(CloseOutcome.NoJob);
        while (blocks.TryDequeue(out var block))
            block.Reply.TrySetResult(new AppendReply(AppendOutcome.NoJob, 0));
    }

    /// <summary>
    /// Fails all waiting callers, because the activation has failed. Nothing may be added after that. Callers that the failed round has
    /// answered already keep that answer.
    /// </summary>
    public void Fail(Exception cause)
    {
        Creation?.Reply.TrySetException(JobFaults.ToCaller(cause));
        Gets.Fail(cause);
        Cancels.Fail(cause);
        Closes.Fail(cause);
        while (blocks.TryDequeue(out var block))
            block.Reply.TrySetException(JobFaults.ToCaller(cause));
    }
}
