using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Chunks;

/// <summary>One chunk that is evaluated in this process, on threads that the machine provides.</summary>
internal sealed class InProcessRun(
    Start start, EvaluatorPool evaluators, ChunkItems items, IProcessHost host, ChunkFinish finish, TimeProvider time, Action<InProcessRun> evaluate)
    : IChunkRun
{
    private readonly CancellationTokenSource stop = new();
    private Action<Result?> ended = static _ => { };
    private Task<ChunkInput>? loading;
    private long began;

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

    /// <summary>
    /// Evaluates the chunk and counts its time from a timestamp. If its items have to be fetched first, returns without
    /// waiting, and asks the machine for a thread again once the items are here, because the fetch completes on the
    /// thread pool.
    /// </summary>
    internal void Evaluate(long timestamp)
    {
        if (loading is null)
        {
            began = timestamp;
            loading = items.OfAsync(start, stop.Token).AsTask();
            if (!loading.IsCompleted)
            {
                _ = EvaluateOnceLoadedAsync(loading);
                return;
            }
        }

        var loaded = loading;
        // The bytes of a large part need not live as long as this object.
        loading = null;
        _ = RunAsync(loaded);
    }

    private async Task EvaluateOnceLoadedAsync(Task loaded)
    {
        await loaded.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        evaluate(this);
    }

    private async Task RunAsync(Task<ChunkInput> loaded) => ended(await EvaluateAsync(loaded));

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a processor throws is its chunk's failure.")]
    private async ValueTask<Result?> EvaluateAsync(Task<ChunkInput> loaded)
    {
        var chunk = start.Chunk;
        try
        {
            var input = await loaded;
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
