using OrleansTasks.Processing.Plugins;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>A plug-in's processor that uses something after it has disposed of it.</summary>
[Processor("disposed")]
public sealed class DisposedProcessor : IItemProcessor
{
    /// <inheritdoc/>
    public string? Process(Item item, Results results) => throw new ObjectDisposedException(nameof(DisposedProcessor));
}
