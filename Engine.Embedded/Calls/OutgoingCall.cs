using Orleans;
using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>A call on its way through the caller's filters.</summary>
internal sealed class OutgoingCall<TResult>(Method<TResult> method, Call<TResult> call) : IOutgoingGrainCallContext
{
    private int _stage;

    public object Grain => call.Reference;

    public GrainId? SourceId => call.Source?.GrainId;

    public GrainId TargetId => call.Target;

    public string InterfaceName => method.InterfaceName;

    public string MethodName => method.Info.Name;

    public object? Result { get; set; }

    public Task Invoke()
    {
        var stage = _stage++;
        var filters = call.Origin.OutgoingFilters;
        return stage < filters.Length ? filters[stage].Invoke(this) : SendAsync();
    }

    internal async Task<TResult> RunAsync()
    {
        await Invoke();
        return Result is TResult result ? result : default!;
    }

    private async Task SendAsync()
    {
        // Filters may have set values that are to travel.
        call.Context = RequestContext.Export();
        method.Dispatch(call);
        Result = await call.Promise;
    }
}
