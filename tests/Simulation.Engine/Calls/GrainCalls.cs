using Orleans.CodeGeneration;
using Orleans.GrainReferences;
using Orleans.Metadata;
using Orleans.Serialization.Invocation;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// Where Orleans' proxies bring their calls. References belong to no silo: a call leaves from the silo whose turn runs.
/// </summary>
internal sealed class GrainCalls(Func<IServiceProvider> services) : IGrainReferenceRuntime
{
    private static GrainHost Caller => GrainHost.Current
        ?? throw new InvalidOperationException("A grain was called outside of all silos' turns; call it in a process of a silo.");

    public ValueTask<T?> InvokeMethodAsync<T>(GrainReference reference, IInvokable request, InvokeMethodOptions options) =>
        new(SendAsync<T?>(reference, request, options));

    public ValueTask InvokeMethodAsync(GrainReference reference, IInvokable request, InvokeMethodOptions options) =>
        new(SendAsync<object>(reference, request, options));

    public void InvokeMethod(GrainReference reference, IInvokable request, InvokeMethodOptions options) =>
        _ = SendAsync<object>(reference, request, options | InvokeMethodOptions.OneWay);

    public object Cast(IAddressable grain, Type interfaceType)
    {
        if (grain is GrainReference && interfaceType.IsInstanceOfType(grain)) return grain;
        var known = services();
        return known.GetRequiredService<GrainReferenceActivator>().CreateReference(
            grain.GetGrainId(), known.GetRequiredService<GrainInterfaceTypeResolver>().GetGrainInterfaceType(interfaceType));
    }

    private static Task<T> SendAsync<T>(GrainReference reference, IInvokable request, InvokeMethodOptions options)
    {
        var host = Caller;
        if (host.OutgoingFilters.Length == 0) return host.Send<T>(reference, request, options);
        var filtered = new OutgoingCall<T>(host, reference, request, options).RunAsync();
        if ((options & InvokeMethodOptions.OneWay) == 0 || filtered.IsFaulted) return filtered;
        return Task.FromResult<T>(default!);
    }
}
