using OrleansTasks.Processing.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Decides how much memory a task reserves after an attempt ran out of it: what it reserved, times the factor of its
/// rules, but no more than <see cref="RetryRules.MemoryMax"/> and than the largest node that could run it offers.
/// Otherwise the task would wait for a node that does not exist. Pure.
/// </summary>
internal static class MemoryGrowth
{
    /// <summary>
    /// Returns the memory in bytes that the next attempt reserves, which is never less than the last one did; null if the
    /// task reserves no memory, or its rules do not let it grow. Nodes that are not known, or accept no work, do not count.
    /// </summary>
    public static long? After(RetryPolicy policy, Signature signature, NodeSet nodes) =>
        signature.Shape[ResourceName.Memory] is var before and > 0 && policy.Rules is { MemoryFactor: > 1 } rules
            ? Math.Max(before, Math.Min(rules.MemoryAfter(before, 1), MostOffered(signature, nodes)))
            : null;

    private static long MostOffered(Signature signature, NodeSet nodes)
    {
        var others = signature.Shape.With(ResourceName.Memory, 0);
        var most = 0L;
        foreach (var node in nodes.All)
        {
            if (node.Fleet is { Accepts: true } fleet && signature.IsMetBy(fleet, others))
                most = Math.Max(most, fleet.Offers[ResourceName.Memory]);
        }

        return most;
    }
}
