using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Chunks;

/// <summary>One chunk that is evaluated in this process, on a thread of the pool.</summary>
internal sealed class ChunkRun(Start start, EvaluatorPool evaluators, ChunkFinish finish, TimeProvider time) : IChunkRun, IThreadPoolWorkItem
{
    private readonly CancellationTokenSource stop = new();
    private Action<Result?> ended = static _ => { };

    /// <inheritdoc/>
    public void Start(Action<Result?> ended)
    {
        this.ended = ended;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <inheritdoc/>
    public void Cancel(TimeSpan killGrace) => stop.Cancel();

    /// <inheritdoc/>
    public void KillNow() => stop.Cancel();

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync() => ended(await EvaluateAsync());

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a processor throws is its chunk's failure.")]
    private async ValueTask<Result?> EvaluateAsync()
    {
        var chunk = start.Chunk;
        var began = time.GetTimestamp();
        try
        {
            var evaluator = evaluators.Rent(chunk.Plan);
            var partial = evaluator.Run(ChunkItems.Of(chunk), stop.Token);
            await finish.ReduceAsync(start, partial, stop.Token);
            evaluators.Return(chunk.Plan, evaluator);
            return ChunkResults.Of(start.Lease, partial, time.GetElapsedTime(began));
        }
        catch (Exception fault) when (stop.IsCancellationRequested || fault is ObjectDisposedException)
        {
            return null;
        }
        catch (Exception failure)
        {
            return ChunkResults.Of(start.Lease, ChunkResults.ReportOf(failure), false, time.GetElapsedTime(began));
        }
    }
}
