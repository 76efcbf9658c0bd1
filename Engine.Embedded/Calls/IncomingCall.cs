using Orleans;
using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// A request on its way through the callee's filters: those of the host in order, then the grain's own.
/// </summary>
internal abstract class IncomingCall(EmbeddedSilo silo, object grain, GrainId id) : IIncomingGrainCallContext
{
    private int _stage;

    public object Grain => grain;

    public GrainId TargetId => id;

    public abstract GrainId? SourceId { get; }

    public abstract string InterfaceName { get; }

    public abstract string MethodName { get; }

    public object? Result { get; set; }

    /// <summary>Whether any filter wants to see requests to this instance.</summary>
    internal static bool IsFiltered(EmbeddedSilo silo, object grain) =>
        silo.IncomingFilters.Length > 0 || grain is IIncomingGrainCallFilter;

    public Task Invoke()
    {
        var stage = _stage++;
        var filters = silo.IncomingFilters;
        if (stage < filters.Length) return filters[stage].Invoke(this);
        return stage == filters.Length && grain is IIncomingGrainCallFilter own
            ? own.Invoke(this)
            : InvokeTargetAsync();
    }

    private protected abstract Task InvokeTargetAsync();
}
