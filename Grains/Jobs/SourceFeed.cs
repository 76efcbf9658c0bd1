using System.Globalization;
using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Feeds a job whose source is a command: each line of stdout is an item. The command runs as a task of the job's queue
/// (<see cref="SourceTask"/>). The feed submits it, reads its stored output page by page, cuts lines into chunks, and
/// closes the source at the end. <see cref="JobRunner"/> calls it in its rounds, except while the disk is nearly full.
/// </summary>
/// <remarks>
/// A new activation submits the task again, reads the output from the start and skips the lines in stored chunks. The
/// repeated submission has no effect, because the task's id derives from the job's id.
/// <para>
/// The job fails as <c>source-failed</c> when the command fails, is cancelled, or writes a line above 1 MiB or more
/// than 1 GiB to a stream. It fails as <c>source-lost</c> when the node, the output or the task is lost, or the command
/// has started again. A replayable command, which writes the same lines again, may start again, and up to five nodes
/// may be lost; if it then writes fewer lines than were cut, the job fails as <c>source-lost</c>.
/// </para>
/// </remarks>
internal sealed class SourceFeed(TaskId id, ITaskReaderGrain reader, SteadyClock steady)
{
    private const int PageBytes = 1 << 20;

    /// <summary>Pause in milliseconds after a call that could cut nothing.</summary>
    private const long ReadInterval = 100;

    /// <summary>Minimum pause in milliseconds after a refused submission.</summary>
    private const long LeastRetryDelay = 1_000;
    private readonly SourceReading source = new();

    /// <summary>Whether the dispatcher has confirmed the task to this activation.</summary>
    private bool isSubmitted;

    /// <summary>When <see cref="Feed"/> next has work, in steady milliseconds; sets the job's timer.</summary>
    public long DueAt { get; private set; }

    /// <summary>
    /// Reads a page once the previous one is cut, cuts as many lines as the pace and the limit on open chunks allow,
    /// and commits the chunks; at the end of the output, the commit also closes the source. A failure of the source is
    /// in memory only: the caller stores it by stopping the job. Returns false if there was nothing to do.
    /// </summary>
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
            // Nothing could be cut: no new output, too many open chunks, or the pace.
            DueAt = Math.Max(DueAt, steady.Now + ReadInterval);
            return false;
        }

        await owner.Persist(job, isClosed ? job.ToWrite(withProgress: false) : null, chunks.DrainToImmutable());
        return true;
    }

    /// <summary>
    /// Submits the task if necessary and reads a page. For a new attempt, starts over and skips the lines already cut.
    /// </summary>
    private async Task ReadPage(JobCore job, JobOwner owner, Func<long> clock)
    {
        if (!isSubmitted && !await Submit(job, owner))
            return;
        var task = SourceTaskId.Of(id);
        // Attempt 0 asks for the latest, and the page names it.
        var page = await reader.ReadOutput(task, 0, OutputStream.Stdout, source.Offset, PageBytes);
        if (page is { Attempt: > 1 } && !job.Spec.Source.IsReplayable)
        {
            // A worker shut down, or a user retried the task. The second run may write other lines than those already
            // cut.
            job.FailSource(
                "source-lost", "The source command was stopped before its end, by its worker's shutdown or by a user, and has restarted. A "
                + "command that writes the same lines on every run can be declared 'replayable'.", page.Attempt, "", clock());
            return;
        }

        // The page was read at an offset of another attempt: read this attempt from its start.
        if (page is not null && page.Attempt != source.Attempt)
        {
            source.Begin(page.Attempt, job.ItemsRead);
            page = await reader.ReadOutput(task, page.Attempt, OutputStream.Stdout, 0, PageBytes);
        }

        if (page is null)
            job.FailSource("source-lost", "The task that ran the source command is gone.", source.Attempt, "", clock());
        else if (!page.Bytes.IsEmpty)
            source.Take(page.Bytes);
        // Attempt 0: the task waits for its first attempt or was cancelled before it, so no output will end.
        else if ((page.Ended || page.Attempt == 0) && await reader.Get(task) is { } record)
            End(job, record, clock);
        if (source.Fault is { } notText)
            job.FailSource("source-failed", $"The source command's output {notText}.", source.Attempt, "", clock());
        else if (source.IsLineTooLong)
            job.FailSource(
                "source-failed", $"The source command wrote a line of more than {SourceReading.LongestLine} bytes.", source.Attempt, "", clock());
    }

    /// <summary>
    /// Ends the source after an ended attempt's output, or fails the job if the command failed or output is missing.
    /// Also called while the task has no attempt. Does nothing while the task waits or has a further attempt.
    /// </summary>
    private void End(JobCore job, TaskRecord task, Func<long> clock)
    {
        // There is or will be a further attempt, which a later page shows.
        if (task.Attempt != source.Attempt || !task.State.IsFinal())
            return;
        var fault = FaultOf(task, source.Offset);
        if (fault is null)
            source.End();
        if (source.IsShort)
            fault = ("source-lost", "The source command's second run wrote fewer lines than its first.");
        if (fault is var (code, message))
            job.FailSource(code, message, task.Attempt, task.Node ?? "", clock());
    }

    /// <summary>Returns why the job must fail; null if the command succeeded and all of its output was read.</summary>
    private static (string Code, string Message)? FaultOf(TaskRecord task, long bytesRead) => task switch
    {
        // Truncated: with MostBytes of output the command wrote too much; with less, bytes were lost.
        { State: TaskState.Succeeded, Truncated: true } when Math.Max(task.StdoutBytes, task.StderrBytes) >= SourceTask.MostBytes =>
            ("source-failed", $"The source command wrote more than {SourceTask.MostBytes} bytes, the maximum that is kept."),
        { State: TaskState.Succeeded } when task.Truncated || bytesRead < task.StdoutBytes =>
            ("source-lost", "The source command's output was removed before it was completely read."),
        { State: TaskState.Succeeded } => null,
        { Reason: EndReason.NodeLost } => (
            "source-lost",
            "The node that ran the source command was lost. A command that writes the same lines on every run can be "
                + "declared 'replayable'."),
        _ => (
            "source-failed",
            ($"The source command ended with the reason {task.Reason.Name()}, exit code {task.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "none"}. "
                + Encoding.UTF8.GetString(task.Tail.Span)).TrimEnd()),
    };

    /// <summary>
    /// Submits the task. Returns false if it is refused, as by a full queue; the feed tries again later.
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
