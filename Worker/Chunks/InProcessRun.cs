using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Chunks;

/// <summary>One chunk that is evaluated in this process, on a thread that the machine provides.</summary>
internal sealed class InProcessRun(
    Start start, EvaluatorPool evaluators, ChunkItems items, IProcessHost host, ChunkFinish finish, TimeProvider time, Action<InProcessRun> evaluate)
    : IChunkRun
{
    private readonly CancellationTokenSource stop = new();
    private Action<Result?> ended = static _ => { };

    /// <summary>The chunk.</summary>
    internal Chunk Chunk => start.Chunk;

    /// <summary>The lease under which the chunk is evaluated.</summary>
    internal Lease Lease => start.Lease;

    /// <summary>Cancelled if the evaluation should end early.</summary>
    internal CancellationToken Stopped => stop.Token;

    /// <inheritdoc/>
    public void Start(Action<Result?> ended)
    {
        this.ended = ended;
        evaluate(this);
    }

    /// <inheritdoc/>
    public void Cancel(TimeSpan killGrace) => stop.Cancel();

    /// <inheritdoc/>
    public void KillNow() => stop.Cancel();

    /// <summary>Evaluates the chunk.</summary>
    internal void Evaluate() => Evaluate(time.GetTimestamp());

    /// <summary>Evaluates the chunk and counts its time from a timestamp.</summary>
    internal void Evaluate(long began) => _ = RunAsync(began);

    private async Task RunAsync(long began) => ended(await EvaluateAsync(began));

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a processor throws is its chunk's failure.")]
    private async ValueTask<Result?> EvaluateAsync(long began)
    {
        var chunk = start.Chunk;
        try
        {
            var input = await items.OfAsync(start, stop.Token);
            var evaluator = evaluators.Rent(chunk.Plan);
            var partial = evaluator.Run(input, stop.Token);
            await finish.ReduceAsync(start, partial, stop.Token);
            evaluators.Return(chunk.Plan, evaluator);
            return host.IsEnding ? null : ChunkResults.Of(start.Lease, partial, time.GetElapsedTime(began));
        }
        catch (Exception failure) when (stop.IsCancellationRequested || host.IsEnding || failure is CommandPutBack)
        {
            return null;
        }
        catch (Exception failure)
        {
            return ChunkResults.Of(start.Lease, ChunkResults.ReportOf(failure), false, time.GetElapsedTime(began));
        }
    }
}
