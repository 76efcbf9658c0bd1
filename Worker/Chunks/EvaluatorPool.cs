using System.Collections.Concurrent;
using Google.Protobuf;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Plugins;

namespace OrleansTasks.Worker.Chunks;

/// <summary>
/// Keeps recently used plans and their evaluators. Chunks of one job share a plan; an evaluator serves one thread at a
/// time.
/// </summary>
internal sealed class EvaluatorPool(PluginCatalog plugins)
{
    private const int MostPlans = 64;
    private readonly ConcurrentDictionary<ByteString, Entry> plans = new();

    /// <summary>Returns the plan; null if it cannot be read.</summary>
    internal ProcessingPlan? TryPlan(ByteString plan)
    {
        try
        {
            return EntryOf(plan).Plan;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>
    /// Returns an evaluator of a plan. Throws <see cref="FormatException"/> if the plan cannot be read.
    /// </summary>
    internal ChunkEvaluator Rent(ByteString plan)
    {
        var entry = EntryOf(plan);
        return entry.Idle.TryTake(out var evaluator) ? evaluator : new ChunkEvaluator(entry.Plan, plugins);
    }

    /// <summary>Returns an evaluator to the pool.</summary>
    internal void Return(ByteString plan, ChunkEvaluator evaluator) => EntryOf(plan).Idle.Add(evaluator);

    private Entry EntryOf(ByteString plan)
    {
        if (plans.TryGetValue(plan, out var known))
            return known;
        if (plans.Count >= MostPlans)
            plans.Clear();
        return plans.GetOrAdd(plan, static plan => new Entry(ProcessingPlan.Read(plan.Span), []));
    }

    private sealed record Entry(ProcessingPlan Plan, ConcurrentBag<ChunkEvaluator> Idle);
}
