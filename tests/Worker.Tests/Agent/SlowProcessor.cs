using OrleansTasks.Processing.Plugins;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>A plug-in's processor that takes as long for an item as a test likes.</summary>
[Processor("slow")]
public sealed class SlowProcessor : IItemProcessor
{
    /// <summary>What each item waits for.</summary>
    public static ManualResetEventSlim Gate { get; } = new(true);

    /// <summary>How many items have been begun.</summary>
    public static int Begun => Volatile.Read(ref begun);

    private static int begun;

    /// <inheritdoc/>
    public string? Process(Item item, Results results)
    {
        Interlocked.Increment(ref begun);
        Gate.Wait();
        return null;
    }
}
