using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

public sealed partial class JobGrain
{
    private const int SourcePage = 1 << 20;
    private const long SourcePeriod = 100;
    private const long SourceRetry = 1_000;
    private const string ReaderKey = "reader";
    private readonly SourceReading source = new();
    private bool isSourceSubmitted;
    private long sourceDueAt;

    private ITaskReaderGrain TaskReader => GrainFactory.GetGrain<ITaskReaderGrain>(ReaderKey);

    /// <summary>Cuts what the source command has written since, and stores the chunks; false when there is nothing to do now.</summary>
    private async Task<bool> Feed(JobCore job)
    {
        if (!job.ReadsCommand || steady.Now < sourceDueAt)
            return false;
        if (source.Count == 0 && !source.IsAtEnd)
            await ReadSource(job);
        if (job.IsStopping)
            return true;
        var chunks = ImmutableArray.CreateBuilder<ChunkPlan>();
        var taken = source.Count == 0 ? 0 : job.Append(source.Lines, source.Count, slots, ReadClock(), chunks);
        source.Cut(taken, chunks.Sum(static chunk => (long)chunk.Segment.Length));
        var isClosed = source is { IsAtEnd: true, Count: 0 };
        if (isClosed)
            job.Close();
        if (taken == 0 && !isClosed)
        {
            sourceDueAt = Math.Max(sourceDueAt, steady.Now + SourcePeriod);
            return false;
        }

        await Tell(job, isClosed ? job.ToWrite(withProgress: false) : null, chunks.DrainToImmutable(), stops: false);
        return true;
    }

    private async Task ReadSource(JobCore job)
    {
        if (!isSourceSubmitted && !await SubmitSource(job))
            return;
        var id = SourceTask.IdOf(Id);
        var page = await TaskReader.ReadOutput(id, 0, OutputStream.Stdout, source.Offset, SourcePage);
        if (page is not null && page.Attempt != source.Attempt)
        {
            source.Begin(page.Attempt, job.ItemsRead);
            page = await TaskReader.ReadOutput(id, page.Attempt, OutputStream.Stdout, 0, SourcePage);
        }

        if (page is null)
            job.FailSource("source-lost", "The task that ran the source command is gone.", source.Attempt, "", ReadClock());
        else if (!page.Bytes.IsEmpty)
            source.Take(page.Bytes);
        else if (page.Ended && await TaskReader.Get(id) is { } task)
            EndSource(job, task);
        if (source.IsLineTooLong)
            job.FailSource("source-failed", $"The source command wrote a line of more than {SourceReading.LongestLine} bytes.", source.Attempt, "", ReadClock());
    }

    /// <summary>All of an attempt's output was read, and the attempt has ended.</summary>
    private void EndSource(JobCore job, TaskRecord task)
    {
        if (task.Attempt != source.Attempt || !task.State.IsFinal())
            return;
        var (code, message) = task switch
        {
            { State: TaskState.Succeeded, Truncated: true } =>
                ("source-failed", $"The source command wrote more than the {SourceTask.MostBytes} bytes that are kept."),
            { State: TaskState.Succeeded } when source.Offset < task.StdoutBytes =>
                ("source-lost", "The source command's output is gone before all of it was read."),
            { State: TaskState.Succeeded } => (null, ""),
            { Reason: EndReason.NodeLost } =>
                ("source-lost", "The node that ran the source command was lost. A command that gives the same lines again can be 'replayable'."),
            _ => ("source-failed", $"The source command ended by {task.Reason.Name()}, exit code {task.ExitCode?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}. {Encoding.UTF8.GetString(task.Tail.Span)}".TrimEnd()),
        };
        if (code is null)
            source.End();
        if (source.IsShort)
            (code, message) = ("source-lost", "The source command's second run gave fewer lines than its first.");
        if (code is not null)
            job.FailSource(code, message, task.Attempt, task.Node ?? "", ReadClock());
    }

    private async Task<bool> SubmitSource(JobCore job)
    {
        var replies = await dispatcher.Submit([SourceTask.RequestOf(Id, job.Spec)]);
        isSourceSubmitted = replies[0].Outcome == SubmitOutcome.Accepted;
        if (!isSourceSubmitted)
            sourceDueAt = steady.Now + Math.Max(SourceRetry, replies[0].RetryAfter);
        return isSourceSubmitted;
    }

    /// <summary>A job that stops needs its source no more.</summary>
    private async Task StopSource(JobCore job)
    {
        if (job.Spec.Source.Kind == Spec.JobSourceKind.Command)
            await dispatcher.Cancel([SourceTask.IdOf(Id)]);
    }
}
