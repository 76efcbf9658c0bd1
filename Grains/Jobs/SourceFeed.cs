using System.Globalization;
using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Feeds a job with the output of its source command; does nothing for any other job. The job's runner calls <see cref="Feed"/> in every
/// round unless the disk is nearly full. The feed submits the task that runs the command, reads the task's output, and cuts the output
/// into chunks, which the job's dispatcher stores.
/// <para>
/// The position in the output exists in memory only. After a reactivation, the feed submits the task again, which has
/// no effect because the task's id is derived from the job's, and reads the output from the start, passing over as many
/// lines as the stored chunks contain. When storing throws, memory is ahead of the store: the job's grain then discards
/// the feed together with its activation.
/// </para>
/// </summary>
internal sealed class SourceFeed(TaskId id, ITaskReaderGrain reader, SteadyClock steady)
{
    private const int PageBytes = 1 << 20;

    // Milliseconds: the pause after a look that gave nothing to cut, and after a submission that was not accepted.
    private const long ReadInterval = 100;
    private const long LeastRetryDelay = 1_000;
    private readonly SourceReading source = new();

    /// <summary>Whether the dispatcher has accepted the task from this activation, or had it already.</summary>
    private bool isSubmitted;

    /// <summary>The earliest time at which <see cref="Feed"/> does anything again, in steady milliseconds; 0 at first.</summary>
    public long DueAt { get; private set; }

    /// <summary>
    /// Reads new output of the command, cuts it into chunks, and has the dispatcher store the chunks in one commit.
    /// Closes the job when all output has been cut. Fails the job when the command has failed or its output is
    /// incomplete; the caller must store that, which it does by stopping the job. Returns false when there was nothing to do.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="owner">This activation's ownership of the job.</param>
    /// <param name="clock">Returns the current time, in Unix milliseconds.</param>
    public async Task<bool> Feed(JobCore job, JobOwner owner, Func<long> clock)
    {
        if (!job.ReadsCommand || steady.Now < DueAt)
            return false;
        if (source.Count == 0 && !source.IsAtEnd)
            await Read(job, owner, clock);
        if (job.IsStopping)
            return true;
        var chunks = ImmutableArray.CreateBuilder<ChunkPlan>();
        var taken = source.Count == 0 ? 0 : job.Append(source.Lines, source.Count, owner.Slots, clock(), chunks);
        source.Cut(taken, chunks.Sum(static chunk => (long)chunk.Segment.Length));
        var isClosed = source is { IsAtEnd: true, Count: 0 };
        if (isClosed)
            job.Close();
        if (taken == 0 && !isClosed)
        {
            DueAt = Math.Max(DueAt, steady.Now + ReadInterval);
            return false;
        }

        await owner.Persist(job, isClosed ? job.ToWrite(withProgress: false) : null, chunks.DrainToImmutable());
        return true;
    }

    /// <summary>
    /// Reads one page of output. Only when all lines of the page before were cut. A new attempt of the task is read from its start, passing
    /// over the lines that were cut before.
    /// </summary>
    private async Task Read(JobCore job, JobOwner owner, Func<long> clock)
    {
        if (!isSubmitted && !await Submit(job, owner))
            return;
        var task = SourceTaskId.Of(id);
        var page = await reader.ReadOutput(task, 0, OutputStream.Stdout, source.Offset, PageBytes);
        if (page is { Attempt: > 1 } && !job.Spec.Source.IsReplayable)
        {
            // The first run was put back by a worker that shut down, or somebody retried the task. Lines of two runs do not mix.
            job.FailSource(
                "source-lost", "The source command was stopped before its end, by its worker's shutdown or by a user, and has begun again. A "
                + "command that writes the same lines again can be 'replayable'.", page.Attempt, "", clock());
            return;
        }

        if (page is not null && page.Attempt != source.Attempt)
        {
            source.Begin(page.Attempt, job.ItemsRead);
            page = await reader.ReadOutput(task, page.Attempt, OutputStream.Stdout, 0, PageBytes);
        }

        if (page is null)
            job.FailSource("source-lost", "The task that ran the source command is gone.", source.Attempt, "", clock());
        else if (!page.Bytes.IsEmpty)
            source.Take(page.Bytes);
        else if (page.Ended && await reader.Get(task) is { } record)
            End(job, record, clock);
        if (source.IsLineTooLong)
            job.FailSource(
                "source-failed", $"The source command wrote a line of more than {SourceReading.LongestLine} bytes.", source.Attempt, "", clock());
    }

    /// <summary>
    /// Ends the source after all output of an ended attempt was read, or fails the job if the output is incomplete.
    /// </summary>
    private void End(JobCore job, TaskRecord task, Func<long> clock)
    {
        // The task has a further attempt, or will have one.
        if (task.Attempt != source.Attempt || !task.State.IsFinal())
            return;
        var fault = FaultOf(task, source.Offset);
        if (fault is null)
            source.End();
        if (source.IsShort)
            fault = ("source-lost", "The source command's second run gave fewer lines than its first.");
        if (fault is var (code, message))
            job.FailSource(code, message, task.Attempt, task.Node ?? "", clock());
    }

    /// <summary>Returns why the output of an ended command is incomplete; null when it is complete.</summary>
    private static (string Code, string Message)? FaultOf(TaskRecord task, long read) => task switch
    {
        { State: TaskState.Succeeded, Truncated: true } when Math.Max(task.StdoutBytes, task.StderrBytes) >= SourceTask.MostBytes =>
            ("source-failed", $"The source command wrote more than the {SourceTask.MostBytes} bytes that are kept."),
        { State: TaskState.Succeeded } when task.Truncated || read < task.StdoutBytes =>
            ("source-lost", "The source command's output is gone before all of it was read."),
        { State: TaskState.Succeeded } => null,
        { Reason: EndReason.NodeLost } => (
            "source-lost",
            "The node that ran the source command was lost. A command that gives the same lines again can be 'replayable'."),
        _ => (
            "source-failed",
            ($"The source command ended by {task.Reason.Name()}, exit code {task.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "none"}. "
                + Encoding.UTF8.GetString(task.Tail.Span)).TrimEnd()),
    };

    /// <summary>Submits the task; false when the dispatcher takes no tasks now, for example because the queue is full.</summary>
    private async Task<bool> Submit(JobCore job, JobOwner owner)
    {
        var reply = await owner.SubmitSource(job.Spec);
        isSubmitted = reply.Outcome == SubmitOutcome.Accepted;
        if (!isSubmitted)
            DueAt = steady.Now + Math.Max(LeastRetryDelay, reply.RetryAfter);
        return isSubmitted;
    }
}
