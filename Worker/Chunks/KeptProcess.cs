using OrleansTasks.Processing.Lines;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Chunks;

/// <summary>A program that is kept from chunk to chunk: a line in, a line out, in order.</summary>
internal sealed class KeptProcess : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);
    private readonly IRunningProcess process;
    private readonly LineSink sink;
    private readonly TimeSpan silence;
    private readonly TimeProvider time;
    private readonly ITimer timer;

    /// <summary>Starts it; throws what <see cref="IProcessHost.Start"/> throws.</summary>
    internal KeptProcess(IProcessHost host, StartRequest request, TimeSpan silence, TimeProvider time)
    {
        (this.silence, this.time) = (silence, time);
        sink = new LineSink();
        timer = time.CreateTimer(
            static sink => ((LineSink)sink!).Interrupt(), sink, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        process = host.Start(request with { Output = sink, KeepsInputOpen = true, MaxOutputBytes = long.MaxValue });
        sink.Process = process;
        _ = sink.CompleteWithAsync(process);
    }

    /// <summary>Ends when nothing of its tree is left.</summary>
    internal Task<ProcessOutcome> Completion => process.Completion;

    /// <summary>Whether it was given a chunk before.</summary>
    internal bool WasUsed { get; private set; }

    /// <summary>Whether it may be given a chunk.</summary>
    internal bool IsAlive => !process.Completion.IsCompleted;

    /// <summary>Whether nothing of it is left.</summary>
    internal bool HasEnded => process.Completion.IsCompleted;

    /// <summary>The timestamp since which it has had nothing to do.</summary>
    internal long IdleSince { get; set; }

    /// <summary>
    /// Gives it all lines of a chunk without waiting for answers, and takes the answers meanwhile. Throws <see cref="ChunkFailure"/>
    /// when they are not one a line; then it is of no use any more.
    /// </summary>
    internal async Task ExchangeAsync(LineChunk chunk)
    {
        if (WasUsed && sink.HasUnread)
            throw new ChunkFailure("command-failed", "The command wrote more lines than it had been given.");
        WasUsed = true;
        if (chunk.Lines == 0)
            return;
        sink.Await(chunk.Lines);
        var writing = process.WriteInputAsync(chunk.Input);
        var answers = chunk.Lines;
        bool Take(ReadOnlyMemory<byte> line)
        {
            chunk.TakeAnswer(line);
            return --answers > 0;
        }

        var stalls = 0;
        var heard = time.GetTimestamp();
        while (true)
        {
            timer.Change(Look, Timeout.InfiniteTimeSpan);
            var before = answers;
            var read = await sink.ReadAsync(Take);
            // A last line that is not whole is an answer of a program that has ended well, and a piece of one otherwise.
            if (read == LinesRead.Enough || (read == LinesRead.Ended && answers == 0 && await EndsWell()))
                break;
            if (read == LinesRead.Ended)
                throw new ChunkFailure("command-failed", await DescribeEnd(chunk));
            if (read != LinesRead.Silence || answers < before)
            {
                (heard, stalls) = (time.GetTimestamp(), 0);
                continue;
            }

            // Twice, for an interruption may be left from a read that was over just then.
            stalls = writing.IsCompleted && InputWait.IsStalled(process.ProcessId) ? stalls + 1 : 0;
            if (stalls == 2)
                throw new ChunkFailure("command-silent", Stalled(chunk));
            if (time.GetElapsedTime(heard) >= silence)
                throw new ChunkFailure("command-silent", Silent(chunk));
        }

        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (!writing.IsCompleted || sink.HasUnread)
            throw new ChunkFailure("command-failed", $"The command wrote more lines than the {chunk.Lines} that it was given.");
    }

    /// <summary>Lets it see the end of its input.</summary>
    internal void CloseInput() => process.CloseInput();

    /// <summary>Kills its tree.</summary>
    internal void Kill() => process.KillNow();

    /// <inheritdoc/>
    public void Dispose() => timer.Dispose();

    private string Stalled(LineChunk chunk) =>
        $"The command gave {chunk.Answers} of {chunk.Lines} answers and waits for more input. A kept command must take one line at a time, "
        + "and write and flush an answer to it before it reads on." + CommandEnd.Said(sink.ErrorText());

    private string Silent(LineChunk chunk) =>
        $"The command gave {chunk.Answers} of {chunk.Lines} answers and then none for {silence.TotalSeconds:0} s. A kept command must "
        + "write a line for each line that it reads, and flush it." + CommandEnd.Said(sink.ErrorText());

    private async Task<bool> EndsWell() => await process.Completion is { Reason: EndReason.Exit, ExitCode: 0 };

    private async Task<string> DescribeEnd(LineChunk chunk)
    {
        var outcome = await process.Completion;
        CommandPutBack.ThrowIf(outcome);
        return $"The command {CommandEnd.Describe(outcome)} after {chunk.Answers} of {chunk.Lines} answers." + CommandEnd.Said(sink.ErrorText());
    }
}
