using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Chunks;

/// <summary>One chunk that has no items, but parts that an aggregate's command reduces to one.</summary>
internal sealed class ReductionRun(
    Start start, ProcessingPlan plan, IProcessHost host, ChunkFinish finish, TimeProvider time) : IChunkRun
{
    private readonly CancellationTokenSource stop = new();

    /// <inheritdoc/>
    public void Start(Action<Result?> ended) =>
        ThreadPool.UnsafeQueueUserWorkItem(static state => _ = state.Self.RunAsync(state.Ended), (Self: this, Ended: ended), preferLocal: false);

    /// <inheritdoc/>
    public void Cancel(TimeSpan killGrace) => stop.Cancel();

    /// <inheritdoc/>
    public void KillNow() => stop.Cancel();

    private async Task RunAsync(Action<Result?> ended) => ended(await ReduceAsync());

    [SuppressMessage("Design", "CA1031", Justification = "Whatever fails is the chunk's failure.")]
    private async Task<Result?> ReduceAsync()
    {
        var began = time.GetTimestamp();
        try
        {
            var partial = new Partial(plan);
            await finish.ReduceAsync(start, partial, Reduction.Read(start.Chunk.Segment.Memory), stop.Token);
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
