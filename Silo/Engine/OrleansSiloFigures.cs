using Orleans.Providers;
using OrleansTasks.Silo.Calls;

namespace OrleansTasks.Silo.Engine;

/// <summary>Hands a silo's figures to whoever asks all silos for theirs.</summary>
internal sealed class OrleansSiloFigures(CallFigures calls, OwnFigures own, ILocalSiloDetails silo) : IControllable
{
    /// <summary>The name to ask by.</summary>
    public const string Name = "call-figures";

    /// <summary>Asks for the figures of calls.</summary>
    public const int CallsAlone = 0;

    /// <summary>Asks for all figures.</summary>
    public const int All = 1;

    /// <inheritdoc/>
    public Task<object?> ExecuteCommand(int command, object? arg) =>
        Task.FromResult<object?>(command == All ? own.Read(silo.Name) : calls.Read());
}
