using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Processors;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Chunks;

/// <summary>
/// Creates the object that evaluates a chunk, according to its plan's processor, and holds what chunks share.
/// </summary>
internal sealed class ChunkRunFactory(
    IProcessHost host, AttemptEnvironment environment, AgentOptions options, TimeProvider time,
    Action<InProcessRun> evaluate, OpenForChunk? open = null) : IDisposable
{
    private readonly EvaluatorPool evaluators = new(options.Plugins);
    private readonly ChunkItems items = new(new SourceFileOpener(options.RunAs, options.FileRoots), open);
    private readonly ChunkFinish finish = new(host, environment);
    private readonly KeptProcesses kept = new(host, options.Slots, options.AnswerSilence, time);

    /// <summary>Creates the evaluation of a chunk; it is not started.</summary>
    internal IChunkRun Of(Start start)
    {
        // Without this, the chunk's commands would run without walls.
        if (start.Isolation?.Container is not null)
            throw new NotSupportedException("This worker runs no chunks in containers.");
        var plan = evaluators.TryPlan(start.Chunk.Plan);
        if (plan is { Reduces: true } && Reduction.IsOne(start.Chunk.Items, start.Chunk.Segment.Span))
            return new ReductionRun(start, plan, host, finish, time);
        return plan is { Processor: ProcessorKind.Command or ProcessorKind.ChunkCommand }
            ? new CommandRun(start, plan, items, host, kept, environment.OfJob(start), finish, time)
            : new InProcessRun(start, evaluators, items, host, finish, time, evaluate);
    }

    /// <summary>Kills the kept programs that are idle.</summary>
    internal void KillIdle() => kept.KillIdle();

    /// <summary>Kills all kept programs and starts no more. Completes once none of their processes is left.</summary>
    internal Task CloseAsync() => kept.CloseAsync();

    /// <inheritdoc/>
    public void Dispose() => kept.Dispose();
}
