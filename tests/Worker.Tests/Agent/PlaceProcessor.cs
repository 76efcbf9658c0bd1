using OrleansTasks.Processing.Plugins;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>A plug-in's processor that tells where it runs.</summary>
[Processor("place")]
public sealed class PlaceProcessor : IItemProcessor
{
    /// <summary>Whether the latest item was processed on a thread of the pool; null if there was none.</summary>
    public static bool? WasOnPool { get; private set; }

    /// <inheritdoc/>
    public string? Process(Item item, Results results)
    {
        WasOnPool = Thread.CurrentThread.IsThreadPoolThread;
        return null;
    }
}
