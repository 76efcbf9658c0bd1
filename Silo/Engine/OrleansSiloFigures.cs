using Orleans.Providers;
using OrleansTasks.Silo.Calls;

namespace OrleansTasks.Silo.Engine;

/// <summary>Hands a silo's call figures to whoever asks all silos for theirs.</summary>
internal sealed class OrleansSiloFigures(CallFigures figures) : IControllable
{
    /// <summary>The name to ask by.</summary>
    public const string Name = "call-figures";

    /// <inheritdoc/>
    public Task<object?> ExecuteCommand(int command, object? arg) => Task.FromResult<object?>(figures.Read());
}
