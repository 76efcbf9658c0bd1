using Orleans.Runtime;

namespace Orleans;

/// <summary>A call on its way through filters.</summary>
public interface IGrainCallContext
{
    /// <summary>The called instance; on the caller's side the reference.</summary>
    object Grain { get; }

    /// <summary>Who calls; null when it is no grain.</summary>
    GrainId? SourceId { get; }

    /// <summary>Who is called.</summary>
    GrainId TargetId { get; }

    /// <summary>Name of the interface.</summary>
    string InterfaceName { get; }

    /// <summary>Name of the method.</summary>
    string MethodName { get; }

    /// <summary>What the call gives back, once <see cref="Invoke"/> is done. A filter may replace it.</summary>
    object? Result { get; set; }

    /// <summary>Goes on: to the next filter, at last to the method.</summary>
    Task Invoke();
}
