using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Jobs;

/// <summary>Ends of chunks as a worker that evaluates them would report them.</summary>
internal static class EndedChunks
{
    /// <summary>What a worker reports of a chunk, by evaluating it.</summary>
    public static byte[] Report(JobSpec spec, ChunkPlan chunk) => ChunkReport.Of(
        new ChunkEvaluator(spec.Plan).Run(new ChunkInput(spec.Source.Format, chunk.First, chunk.Items, chunk.Segment), default));

    /// <summary>The chunk, evaluated by worker w1 in its first attempt.</summary>
    public static EndedChunk Evaluate(JobSpec spec, ChunkPlan chunk, long micros = 10) =>
        new(chunk.No, TaskState.Succeeded, 1, "w1", EndReason.Exit, micros, 1, Report(spec, chunk));
}
