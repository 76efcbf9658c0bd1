using System.Globalization;
using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Feeds a job whose source is a command: each line that the command writes to stdout is an item. The command runs as a
/// task of the job's queue (<see cref="SourceTask"/>), whose output the worker sends to the store. The feed submits the
/// task, reads the stored output page by page, and cuts the lines into chunks. When all of the output is cut, the feed
/// closes the job's source. <see cref="JobRunner"/> calls <see cref="Feed"/> in its rounds, except while the disk is
/// nearly full.
/// </summary>
/// <remarks>
/// After a new activation the feed begins anew.
/// It submits the task again, which has no effect, because the task's id follows from the job's.
/// It reads the output from the start, and passes over as many lines as have been cut into stored chunks.
/// When storing throws, memory is ahead of the store: the job's grain then discards the feed with its activation.
/// <para>
/// The job fails as <c>source-failed</c> when the command fails, its task is cancelled, or the command writes a line
/// of more than 1 MiB, or more than 1 GiB to stdout or stderr. The job fails as <c>source-lost</c> when the command's
/// node is lost, when output or the task is missing, or when the command has begun again. If the spec says that the
/// command is replayable (a second run writes the same lines), the command may begin again, and up to five nodes may be
/// lost. A run that writes fewer lines than were cut before fails the job as <c>source-lost</c>.
/// </para>
/// </remarks>
/// <param name="id">The job's id.</param>
/// <param name="reader">Reads the task and its output from the store.</param>
/// <param name="steady">The clock of <see cref="DueAt"/>, which goes on evenly when the wall clock is set.</param>
internal sealed class SourceFeed(TaskId id, ITaskReaderGrain reader, SteadyClock steady)
{
    /// <summary>The most bytes that the reader returns in one page.</summary>
    private const int PageBytes = 1 << 20;

    /// <summary>The pause after a call that could cut nothing, in milliseconds.</summary>
    private const long ReadInterval = 100;

    /// <summary>The least pause after a submission that was not accepted, in milliseconds.</summary>
    private const long LeastRetryDelay = 1_000;
    private readonly SourceReading source = new();

    /// <summary>Whether the dispatcher has confirmed to this activation that the task exists.</summary>
    private bool isSubmitted;

    /// <summary>
    /// The earliest time at which <see cref="Feed"/> does anything again, in milliseconds of the steady clock;
    /// 0 at first. The job's timer starts a round then.
    /// </summary>
    public long DueAt { get; private set; }

    /// <summary>
    /// Reads a page of output if all lines of the page before are cut. Cuts as many lines as the job's pace (its limit
    /// of items a second) and the bound of open chunks allow. Has the dispatcher store the new chunks in one commit.
    /// The commit also closes the source when all output has been cut. When the source has failed,
    /// the job is failed in memory only: the caller must store that, which it does by stopping the job.
    /// Returns false when there was nothing to do, also for a job with another source and before <see cref="DueAt"/>.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="owner">This activation's ownership of the job, through which it speaks with the dispatcher.</param>
    /// <param name="clock">Returns the current time, in Unix milliseconds.</param>
    public async Task<bool> Feed(JobCore job, JobOwner owner, Func<long> clock)
    {
        if (!job.ReadsCommand || steady.Now < DueAt)
            return false;
        if (source.Count == 0 && !source.IsAtEnd)
            await ReadPage(job, owner, clock);
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
            // The command has written nothing new, too many chunks are open, or the pace holds the lines back.
            DueAt = Math.Max(DueAt, steady.Now + ReadInterval);
            return false;
        }

        await owner.Persist(job, isClosed ? job.ToWrite(withProgress: false) : null, chunks.DrainToImmutable());
        return true;
    }

    /// <summary>
    /// Submits the task if need be, and reads the next page of its output.
    /// Called only when all lines of the page before are cut. A new attempt of the task is read from the start of its
    /// output, passing over the lines that were cut before.
    /// </summary>
    private async Task ReadPage(JobCore job, JobOwner owner, Func<long> clock)
    {
        if (!isSubmitted && !await Submit(job, owner))
            return;
        var task = SourceTaskId.Of(id);
        // Attempt 0 asks for the latest attempt, and the page tells which attempt that is.
        var page = await reader.ReadOutput(task, 0, OutputStream.Stdout, source.Offset, PageBytes);
        if (page is { Attempt: > 1 } && !job.Spec.Source.IsReplayable)
        {
            // A worker that shut down gave the first attempt back, or a user retried the task.
            // Two runs may write different lines, and some lines of the first may be cut already.
            job.FailSource(
                "source-lost", "The source command was stopped before its end, by its worker's shutdown or by a user, and has begun again. A "
                + "command that writes the same lines again can be 'replayable'.", page.Attempt, "", clock());
            return;
        }

        // The first page of this activation, or of a new attempt. The page above was read at an offset in the output of
        // another attempt, so the output of this attempt is read from its start.
        if (page is not null && page.Attempt != source.Attempt)
        {
            source.Begin(page.Attempt, job.ItemsRead);
            page = await reader.ReadOutput(task, page.Attempt, OutputStream.Stdout, 0, PageBytes);
        }

        if (page is null)
            job.FailSource("source-lost", "The task that ran the source command is gone.", source.Attempt, "", clock());
        else if (!page.Bytes.IsEmpty)
            source.Take(page.Bytes);
        // Attempt 0: the task waits for its first attempt, or was cancelled before it; there is no output to end.
        else if ((page.Ended || page.Attempt == 0) && await reader.Get(task) is { } record)
            End(job, record, clock);
        if (source.IsLineTooLong)
            job.FailSource(
                "source-failed", $"The source command wrote a line of more than {SourceReading.LongestLine} bytes.", source.Attempt, "", clock());
    }

    /// <summary>
    /// Called when all output of an ended attempt was read, and while the task has no attempt. Ends the source, or
    /// fails the job when the command failed, was cancelled, or its output is incomplete. Does nothing while the task
    /// waits or goes on with a further attempt.
    /// </summary>
    private void End(JobCore job, TaskRecord task, Func<long> clock)
    {
        // The task has a further attempt, or will have one: a later page tells of it.
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

    /// <summary>
    /// Returns why the job must fail: the command failed, or bytes of its output are missing.
    /// Returns null when the command succeeded and its whole output was read.
    /// </summary>
    /// <param name="task">The task, in a final state.</param>
    /// <param name="bytesRead">How many bytes of its latest attempt's stdout the feed has read.</param>
    private static (string Code, string Message)? FaultOf(TaskRecord task, long bytesRead) => task switch
    {
        // Truncated: bytes of stdout or stderr are missing. With MostBytes of output, the command wrote too much; with
        // less, bytes were lost.
        { State: TaskState.Succeeded, Truncated: true } when Math.Max(task.StdoutBytes, task.StderrBytes) >= SourceTask.MostBytes =>
            ("source-failed", $"The source command wrote more than the {SourceTask.MostBytes} bytes that are kept."),
        { State: TaskState.Succeeded } when task.Truncated || bytesRead < task.StdoutBytes =>
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

    /// <summary>
    /// Submits the task. Returns false when the dispatcher does not accept it, for example because the queue is full;
    /// the feed then waits and submits it again.
    /// </summary>
    private async Task<bool> Submit(JobCore job, JobOwner owner)
    {
        var reply = await owner.SubmitSource(job.Spec);
        isSubmitted = reply.Outcome == SubmitOutcome.Accepted;
        if (!isSubmitted)
            DueAt = steady.Now + Math.Max(LeastRetryDelay, reply.RetryAfter);
        return isSubmitted;
    }
}
