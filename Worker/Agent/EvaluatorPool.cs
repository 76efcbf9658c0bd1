using System.Collections.Concurrent;
using Google.Protobuf;
using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Keeps evaluators of the plans that were used lately: chunks of one job share a plan, and an evaluator serves one thread at a time.
/// </summary>
internal sealed class EvaluatorPool
{
    private const int MostPlans = 64;
    private readonly ConcurrentDictionary<ByteString, ConcurrentBag<ChunkEvaluator>> idle = new();

    /// <summary>An evaluator of a plan; throws <see cref="FormatException"/> when the plan cannot be read.</summary>
    internal ChunkEvaluator Rent(ByteString plan) =>
        idle.TryGetValue(plan, out var evaluators) && evaluators.TryTake(out var evaluator)
            ? evaluator
            : new ChunkEvaluator(ProcessingPlan.Read(plan.Span));

    /// <summary>Gives one back.</summary>
    internal void Return(ByteString plan, ChunkEvaluator evaluator)
    {
        if (idle.Count >= MostPlans && !idle.ContainsKey(plan))
            idle.Clear();
        idle.GetOrAdd(plan, static _ => []).Add(evaluator);
    }
}
