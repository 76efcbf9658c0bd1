using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// What has been asked of a job's grain and not been done: who waits for which answer, posted blocks, and chunks that have ended. Grain
/// methods add, the loop takes.
/// </summary>
internal sealed class JobInbox
{
    private const int MostBlocks = 64;
    private readonly Queue<(JobBlock Block, TaskCompletionSource<AppendReply> Reply)> blocks = new();
    private readonly EndedInbox ended = new();

    /// <summary>Who wants the job to begin; null for nobody.</summary>
    public JobCreation? Creation { get; private set; }

    /// <summary>Who wants to see it.</summary>
    public Replies<JobView?> Gets { get; } = new();

    /// <summary>Who wants it cancelled.</summary>
    public Replies<bool> Cancels { get; } = new();

    /// <summary>Who wants its stream closed.</summary>
    public Replies<CloseOutcome> Closes { get; } = new();

    /// <summary>Chunks that have ended.</summary>
    public EndedInbox Ended => ended;

    /// <summary>Whether blocks wait.</summary>
    public bool HasBlocks => blocks.Count > 0;

    /// <summary>Whether nothing waits.</summary>
    public bool IsEmpty =>
        Creation is null && Gets.IsEmpty && Cancels.IsEmpty && Closes.IsEmpty && blocks.Count == 0 && ended.IsEmpty;

    /// <summary>Asks for the job to begin; a second call gets the answer of the first.</summary>
    public Task<JobReply> Create(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency) =>
        (Creation ??= new JobCreation(spec, idempotency)).Reply.Task;

    /// <summary>The job has begun, or cannot: who wanted it has the answer.</summary>
    public void EndCreation() => Creation = null;

    /// <summary>Adds a posted block.</summary>
    public Task<AppendReply> Append(JobBlock block)
    {
        var reply = new TaskCompletionSource<AppendReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        blocks.Enqueue((block, reply));
        return reply.Task;
    }

    /// <summary>The blocks that are stored next: what one request carries, at least one.</summary>
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

    /// <summary>There is no such job: tells everybody.</summary>
    public void AnswerNoJob()
    {
        ended.Clear();
        Gets.Answer(null);
        Cancels.Answer(false);
        Closes.Answer(CloseOutcome.NoJob);
        while (blocks.TryDequeue(out var block))
            block.Reply.TrySetResult(new AppendReply(AppendOutcome.NoJob, 0));
    }

    /// <summary>The grain fails: tells everybody.</summary>
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
