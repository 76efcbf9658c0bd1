using System.Collections.Concurrent;
using Orleans.Serialization.Invocation;

namespace OrleansTasks.Simulation.Engine;

/// <summary>A grain method, as the type of its requests tells it.</summary>
internal sealed class CallShape
{
    private static readonly ConcurrentDictionary<Type, CallShape> Known = new();

    private CallShape(IInvokable request)
    {
        InterfaceName = request.GetInterfaceType().FullName!.Replace('+', '.');
        MethodName = request.GetMethodName();
        Timeout = request.GetDefaultResponseTimeout();
        IsCancellable = request.IsCancellable;
        StableId = StableHash.Of(ToString());
    }

    internal string InterfaceName { get; }

    internal string MethodName { get; }

    /// <summary>How long callers wait; null when the silo says so.</summary>
    internal TimeSpan? Timeout { get; }

    /// <summary>Whether the method takes a cancellation token.</summary>
    internal bool IsCancellable { get; }

    /// <summary>The same in every process.</summary>
    internal ulong StableId { get; }

    internal static CallShape Of(IInvokable request) => Known.GetOrAdd(request.GetType(), static (_, r) => new CallShape(r), request);

    public override string ToString() => $"{InterfaceName}.{MethodName}";
}
