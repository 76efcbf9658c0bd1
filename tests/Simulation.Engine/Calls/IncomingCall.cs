using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.ExceptionServices;
using Orleans.Serialization.Invocation;

namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// A request on its way through the callee's filters: those of the host in order, then the grain's own.
/// </summary>
internal abstract class IncomingCall(GrainHost host, object grain, GrainId id, IGrainContext? context) : IIncomingGrainCallContext
{
    private int _stage;

    private protected GrainHost Host => host;

    public object Grain => grain;

    public IGrainContext TargetContext => context!;

    public GrainId TargetId => id;

    public abstract GrainId? SourceId { get; }

    public abstract GrainInterfaceType InterfaceType { get; }

    public abstract string InterfaceName { get; }

    public abstract string MethodName { get; }

    public abstract IInvokable Request { get; }

    public virtual MethodInfo InterfaceMethod => Request.GetMethod();

    public MethodInfo ImplementationMethod => Implementations.Of(grain.GetType(), InterfaceMethod);

    public object? Result
    {
        get => Response is { Exception: null } response ? response.Result : null;
        set => Response = Response.FromResult(value);
    }

    public Response? Response { get; set; }

    /// <summary>Whether any filter wants to see requests to this instance.</summary>
    internal static bool IsFiltered(GrainHost host, object grain) =>
        host.IncomingFilters.Length > 0 || grain is IIncomingGrainCallFilter;

    public Task Invoke()
    {
        var stage = _stage++;
        var filters = host.IncomingFilters;
        if (stage < filters.Length) return filters[stage].Invoke(this);
        return stage == filters.Length && grain is IIncomingGrainCallFilter own
            ? own.Invoke(this)
            : InvokeTargetAsync();
    }

    private protected abstract Task InvokeTargetAsync();

    private static class Implementations
    {
        private static readonly ConcurrentDictionary<(Type Class, MethodInfo Method), MethodInfo> Known = new();

        internal static MethodInfo Of(Type type, MethodInfo method) => Known.GetOrAdd((type, method), static key =>
        {
            var map = key.Class.GetInterfaceMap(key.Method.DeclaringType!);
            return map.TargetMethods[Array.IndexOf(map.InterfaceMethods, key.Method)];
        });
    }
}

/// <summary>A method's call on its way through the callee's filters.</summary>
internal sealed class IncomingMethodCall(GrainHost host, object instance, Call call, IGrainContext? context)
    : IncomingCall(host, instance, call.Target, context)
{
    public override GrainId? SourceId => call.Source;

    public override GrainInterfaceType InterfaceType => Host.References.InterfaceTypeOf(call.Body.GetInterfaceType());

    public override string InterfaceName => call.Body.GetInterfaceName();

    public override string MethodName => call.Shape.MethodName;

    public override IInvokable Request => call.Body;

    private protected override async Task InvokeTargetAsync()
    {
        var response = await call.Body.Invoke();
        Response = response;
        if (response.Exception is { } failure) ExceptionDispatchInfo.Throw(failure);
    }
}
