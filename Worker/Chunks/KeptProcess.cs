using OrleansTasks.Processing.Lines;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Chunks;

/// <summary>
/// A program that is kept from chunk to chunk. It answers each input line with one output line, in order.
/// </summary>
internal sealed class KeptProcess : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);
    private readonly IRunningProcess process;
    private readonly LineSink sink;
    private readonly TimeSpan silence;
    private readonly TimeProvider time;
    private readonly ITimer timer;

    /// <summary>Starts the program. Throws the exceptions of <see cref="IProcessHost.Start"/>.</summary>
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

    /// <summary>Completes when nothing of the program's tree is left.</summary>
    internal Task<ProcessOutcome> Completion => process.Completion;

    /// <summary>Whether the program has been given a chunk before.</summary>
    internal bool WasUsed { get; private set; }

    /// <summary>Whether something of the program's tree is left, so that it can be given a chunk.</summary>
    internal bool IsAlive => !process.Completion.IsCompleted;

    /// <summary>The timestamp since which the program has been idle.</summary>
    internal long IdleSince { get; set; }

    /// <summary>
    /// Writes all lines of a chunk without waiting for answers, and reads the answers at the same time.
    /// Throws <see cref="ChunkFailure"/> if there is not one answer for each line; the program must not be used again
    /// after that.
    /// </summary>
    internal async Task ExchangeAsync(LineChunk chunk)
    {
        if (WasUsed && sink.HasUnread)
            throw new ChunkFailure("command-failed", "The command wrote more lines than it received.");
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
            // An incomplete last line is an answer if the program ended successfully, and otherwise a fragment of one.
            if (read == LinesRead.Enough || (read == LinesRead.Ended && answers == 0 && await EndsWell()))
                break;
            if (read == LinesRead.Ended)
                throw new ChunkFailure("command-failed", await DescribeEnd(chunk));
            if (read != LinesRead.Silence || answers < before)
            {
                (heard, stalls) = (time.GetTimestamp(), 0);
                continue;
            }

            // Twice in a row, because an interruption may be left over from a read that has just ended.
            stalls = writing.IsCompleted && InputWait.IsStalled(process.ProcessId) ? stalls + 1 : 0;
            if (stalls == 2)
                throw new ChunkFailure("command-silent", Stalled(chunk));
            if (time.GetElapsedTime(heard) >= silence)
                throw new ChunkFailure("command-silent", Silent(chunk));
        }

        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (!writing.IsCompleted || sink.HasUnread)
            throw new ChunkFailure("command-failed", $"The command wrote more lines than the {chunk.Lines} that it received.");
    }

    /// <summary>Ends the program's input.</summary>
    internal void CloseInput() => process.CloseInput();

    /// <summary>Kills the program's tree.</summary>
    internal void Kill() => process.KillNow();

    /// <inheritdoc/>
    public void Dispose() => timer.Dispose();

    private string Stalled(LineChunk chunk) =>
        $"The command wrote {chunk.Answers} of {chunk.Lines} answers and waits for more input. A kept command must "
            + "read one line at a time, "
        + "and write and flush its answer before it reads the next." + CommandEnd.Said(sink.ErrorText());

    private string Silent(LineChunk chunk) =>
        $"The command wrote {chunk.Answers} of {chunk.Lines} answers and then none for {silence.TotalSeconds:0} s. A kept command must "
        + "write and flush one line for each line that it reads." + CommandEnd.Said(sink.ErrorText());

    private async Task<bool> EndsWell() => await process.Completion is { Reason: ProcessEndReason.Exit, ExitCode: 0 };

    private async Task<string> DescribeEnd(LineChunk chunk)
    {
        var outcome = await process.Completion;
        CommandPutBack.ThrowIf(outcome);
        return $"The command {CommandEnd.Describe(outcome)} after {chunk.Answers} of {chunk.Lines} answers." + CommandEnd.Said(sink.ErrorText());
    }
}
