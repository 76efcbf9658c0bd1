using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>One chunk that is evaluated in this process, on a thread of the pool.</summary>
internal sealed class ChunkRun(Start start, EvaluatorPool evaluators, TimeProvider time) : IStoppable, IThreadPoolWorkItem
{
    private readonly CancellationTokenSource stop = new();
    private Action<Result?> ended = static _ => { };

    /// <summary>Begins; the callback gets the result, or null when the evaluation was stopped.</summary>
    internal void Start(Action<Result?> ended)
    {
        this.ended = ended;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <inheritdoc/>
    public void Cancel(TimeSpan killGrace) => stop.Cancel();

    /// <inheritdoc/>
    public void KillNow() => stop.Cancel();

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute() => ended(Evaluate());

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a processor throws is its chunk's failure.")]
    private Result? Evaluate()
    {
        var chunk = start.Chunk;
        var began = time.GetTimestamp();
        byte[] report;
        var exitCode = 1;
        try
        {
            var evaluator = evaluators.Rent(chunk.Plan);
            var partial = evaluator.Run(
                new ChunkInput((ItemFormat)chunk.Format, chunk.First, chunk.Items, chunk.Segment.Memory), stop.Token);
            evaluators.Return(chunk.Plan, evaluator);
            report = ChunkReport.Of(partial);
            exitCode = 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
        catch (ItemErrorException fault)
        {
            report = ChunkReport.OfFailure("item-error", fault.Message, fault.Error);
        }
        catch (TooManyGroupsException fault)
        {
            report = ChunkReport.OfFailure("too-many-groups", fault.Message, null);
        }
        catch (Exception fault)
        {
            report = ChunkReport.OfFailure("chunk-failed", fault.Message, null);
        }

        var took = time.GetElapsedTime(began);
        return new Result
        {
            Lease = start.Lease,
            Reason = Result.Types.Reason.Exit,
            ExitCode = exitCode,
            RunTimeMs = (long)took.TotalMilliseconds,
            CpuTimeUs = (long)took.TotalMicroseconds,
            Inline = true,
            Report = UnsafeByteOperations.UnsafeWrap(report),
        };
    }
}
