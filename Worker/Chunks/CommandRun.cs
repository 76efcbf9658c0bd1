using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Lines;
using OrleansTasks.Processing.Processors;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Chunks;

/// <summary>One chunk that a command evaluates: a kept one, or one started for this chunk.</summary>
internal sealed class CommandRun(
    Start start, ProcessingPlan plan, ChunkItems items, IProcessHost host, KeptProcesses kept, IReadOnlyCollection<KeyValuePair<string, string>> environment,
    ChunkFinish finish, TimeProvider time) : IChunkRun
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource stop = new();
    private Action? kill;
    private bool stopped;

    /// <inheritdoc/>
    public void Start(Action<Result?> ended) =>
        ThreadPool.UnsafeQueueUserWorkItem(static state => _ = state.Self.RunAsync(state.Ended), (Self: this, Ended: ended), preferLocal: false);

    /// <inheritdoc/>
    public void Cancel(TimeSpan killGrace) => KillNow();

    /// <inheritdoc/>
    public void KillNow()
    {
        Action? now;
        lock (gate)
        {
            stopped = true;
            now = kill;
        }

        stop.Cancel();
        now?.Invoke();
    }

    private async Task RunAsync(Action<Result?> ended) => ended(await EvaluateAsync());

    [SuppressMessage("Design", "CA1031", Justification = "Whatever fails is the chunk's failure.")]
    private async Task<Result?> EvaluateAsync()
    {
        var began = time.GetTimestamp();
        try
        {
            var lines = new LineChunk(plan, await items.OfAsync(start, stop.Token));
            var partial = plan.Processor == ProcessorKind.Command ? await AskKeptAsync(lines) : await RunOwnAsync(lines);
            await finish.ReduceAsync(start, partial, stop.Token);
            return IsGivenUp ? null : ChunkResults.Of(start.Lease, partial, time.GetElapsedTime(began));
        }
        catch (CommandPutBack)
        {
            // Idle programs hold the user numbers that this command lacks.
            kept.KillIdle();
            return null;
        }
        catch (Exception) when (IsGivenUp || kept.IsClosing)
        {
            return null;
        }
        catch (Exception failure)
        {
            return ChunkResults.Of(start.Lease, ChunkResults.ReportOf(failure), false, time.GetElapsedTime(began));
        }
    }

    /// <summary>
    /// Whether the worker may have killed the command, so that neither its end nor its output means anything.
    /// </summary>
    private bool IsGivenUp => stopped || host.IsEnding;

    /// <summary>
    /// Passes the chunk to a kept program. If the program ended before it answered anything, starts another one, but
    /// only once: it may have been killed, or be limited to a number of lines.
    /// </summary>
    private async Task<Partial> AskKeptAsync(LineChunk lines)
    {
        for (var onlyNew = false; ; onlyNew = true)
        {
            var process = kept.Rent(KeptFor, Request(), onlyNew);
            var wasUsed = process.WasUsed;
            Hold(process.Kill);
            try
            {
                await process.ExchangeAsync(lines);
                Hold(null);
                if (stopped)
                    process.Kill();
                else
                    kept.Return(KeptFor, process);
                return lines.FinishAnswers();
            }
            catch (Exception) when (wasUsed && !IsGivenUp && lines.Answers == 0 && !process.IsAlive)
            {
                Hold(null);
            }
            catch (Exception)
            {
                process.Kill();
                await process.Completion;
                throw;
            }
        }
    }

    private async Task<Partial> RunOwnAsync(LineChunk lines)
    {
        var sink = new LineSink();
        sink.Await(long.MaxValue);
        var process = host.Start(Request() with { Input = lines.Input, Output = sink, MaxOutputBytes = long.MaxValue });
        sink.Process = process;
        Hold(process.KillNow);
        _ = sink.CompleteWithAsync(process);
        try
        {
            bool Take(ReadOnlyMemory<byte> line)
            {
                lines.TakeResult(line);
                return true;
            }

            while (await sink.ReadAsync(Take) != LinesRead.Ended)
            {
            }
        }
        catch (Exception)
        {
            process.KillNow();
            await process.Completion;
            throw;
        }

        var outcome = await process.Completion;
        CommandPutBack.ThrowIf(outcome);
        if (outcome.Reason != ProcessEndReason.Exit || outcome.ExitCode != 0)
            throw new ChunkFailure("command-failed", $"The command {CommandEnd.Describe(outcome)}." + CommandEnd.Said(sink.ErrorText()));
        return lines.FinishResults();
    }

    /// <summary>
    /// The key of kept programs: a program started without a sandbox never serves a chunk that needs one.
    /// </summary>
    private string KeptFor => start.Isolation is null ? start.Chunk.Job : start.Chunk.Job + "/sandbox";

    private StartRequest Request() => new()
    {
        Arguments = plan.Command, Environment = environment, Sandbox = StartRequests.SandboxOf(start),
    };

    /// <summary>Sets what a stop must do from now on, and does it if the stop has already come.</summary>
    private void Hold(Action? stop)
    {
        bool late;
        lock (gate)
        {
            kill = stop;
            late = stopped;
        }

        if (late)
            stop?.Invoke();
    }
}
