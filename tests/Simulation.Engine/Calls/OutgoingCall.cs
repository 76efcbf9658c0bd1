using System.Reflection;
using Orleans.CodeGeneration;
using Orleans.Serialization.Invocation;

namespace OrleansTasks.Simulation.Engine;

/// <summary>A call on its way through the caller's filters.</summary>
internal sealed class OutgoingCall<TResult>(
    GrainHost host, GrainReference reference, IInvokable request, InvokeMethodOptions options) : IOutgoingGrainCallContext
{
    private readonly IGrainContext? _source = OrleansContext.Current;
    private int _stage;

    public object Grain => reference;

    public IGrainContext? SourceContext => _source;

    public GrainId? SourceId => _source?.GrainId;

    public GrainId TargetId => reference.GrainId;

    public GrainInterfaceType InterfaceType => reference.InterfaceType;

    public string InterfaceName => request.GetInterfaceName();

    public string MethodName => request.GetMethodName();

    public MethodInfo InterfaceMethod => request.GetMethod();

    public IInvokable Request => request;

    public object? Result
    {
        get => Response is { Exception: null } response ? response.Result : null;
        set => Response = Response.FromResult(value);
    }

    public Response? Response { get; set; }

    public Task Invoke()
    {
        var stage = _stage++;
        var filters = host.OutgoingFilters;
        return stage < filters.Length ? filters[stage].Invoke(this) : SendAsync();
    }

    internal async Task<TResult> RunAsync()
    {
        await Invoke();
        return Result is TResult result ? result : default!;
    }

    private async Task SendAsync() =>
        Response = Response.FromResult(await host.Send<TResult>(reference, request, options));
}
