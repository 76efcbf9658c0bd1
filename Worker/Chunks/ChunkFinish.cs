using OrleansTasks.Processing.Chunks;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Chunks;

/// <summary>Completes a chunk whose items are evaluated, before its partial can be reported.</summary>
internal sealed class ChunkFinish(IProcessHost host, AttemptEnvironment environment)
{
    private readonly CommandReduction reduction = new(host);

    /// <summary>Runs the commands that reduce the chunk's results.</summary>
    internal async ValueTask ReduceAsync(Start start, Partial partial, CancellationToken stop)
    {
        if (!partial.Plan.Reduces)
            return;
        var chunk = start.Chunk;
        foreach (var gathered in partial.Reductions(chunk.First, chunk.First + chunk.Items))
            await ReduceAsync(start, partial, gathered, stop);
    }

    /// <summary>Reduces several parts to one.</summary>
    internal async Task ReduceAsync(Start start, Partial partial, Reduction parts, CancellationToken stop)
    {
        var command = partial.Plan.Aggregates[parts.Aggregate].Command;
        partial.Reduced(parts with { Lines = await reduction.RunAsync(
            command, environment.OfJob(start), StartRequests.SandboxOf(start), parts.Lines, stop) });
    }
}
