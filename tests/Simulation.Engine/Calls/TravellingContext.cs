using Orleans.Serialization;

namespace OrleansTasks.Simulation.Engine;

/// <summary>The request context on its way from caller to callee.</summary>
internal static class TravellingContext
{
    /// <summary>A copy of what the caller has set; null when that is nothing.</summary>
    internal static Dictionary<string, object>? Export(DeepCopier copier) =>
        RequestContext.Entries is Dictionary<string, object> { Count: > 0 } entries ? copier.Copy(entries) : null;

    /// <summary>Sets it in the callee's turn, which begins without any.</summary>
    internal static void Import(Dictionary<string, object>? context)
    {
        foreach (var (key, value) in context ?? []) RequestContext.Set(key, value);
    }
}
