using Orleans.CodeGeneration;
using Orleans.Serialization.Invocation;
using Orleans.Storage;

namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// The callee's half of a call: the request that an activation or an observer runs. The caller's half is <see cref="PendingCall"/>.
/// </summary>
internal sealed class Call(
    GrainId target, IInvokable body, CallShape shape, InvokeMethodOptions options, GrainId? source,
    Dictionary<string, object>? context, PendingCall? pending) : Request, ITurn
{
    internal IInvokable Body => body;

    internal CallShape Shape => shape;

    internal InvokeMethodOptions Options => options;

    /// <summary>The calling grain, if a grain calls.</summary>
    internal GrainId? Source => source;

    /// <summary>The caller's half; null when nobody waits for an answer.</summary>
    internal PendingCall? Pending => pending;

    internal override GrainId Target => target;

    internal override bool Interleaves => (options & InvokeMethodOptions.AlwaysInterleave) != 0;

    internal override bool IsReadOnly => (options & InvokeMethodOptions.ReadOnly) != 0;

    internal override Dictionary<string, object>? Context => context;

    internal bool IsOneWay => (options & InvokeMethodOptions.OneWay) != 0;

    /// <summary>Whether its method has begun, so that a cancellation has to reach into it.</summary>
    internal bool HasBegun { get; private set; }

    public override void Run() => _ = RunAsync(Host!);

    /// <summary>Calls an observer's method, in a turn of the observer.</summary>
    internal async Task RunOnAsync(ObserverTarget observer, object instance)
    {
        if (pending is { IsWithdrawn: true }) return;
        Answer(observer.Host, await InvokeAsync(observer.Host, observer, instance, null));
    }

    internal override void Reject(Exception reason) => pending?.Decide(Response.FromException(reason));

    internal override void Fail(GrainHost host, Exception reason) => Answer(host, Response.FromException(reason));

    // What it throws is in the response.
    private async Task RunAsync(Activation activation)
    {
        if (pending is { IsWithdrawn: true })
        {
            // The caller gave up while this waited.
            activation.Host.Forget(this);
            activation.Finished(this);
            return;
        }

        var response = await InvokeAsync(activation.Host, activation, activation.GrainInstance!, activation);
        if (response.Exception is InconsistentStateException conflict) StateConflict.Raise(conflict, activation);
        activation.Finished(this);
        Answer(activation.Host, response);
    }

    private async ValueTask<Response> InvokeAsync(GrainHost host, ITargetHolder holder, object instance, IGrainContext? context)
    {
        HasBegun = true;
        TravellingContext.Import(Context);
        try
        {
            body.SetTarget(holder);
            if (!IncomingCall.IsFiltered(host, instance)) return await body.Invoke();
            var filtered = new IncomingMethodCall(host, instance, this, context);
            await filtered.Invoke();
            return filtered.Response ?? Response.Completed;
        }
        catch (Exception exception)
        {
            return Response.FromException(exception);
        }
        finally
        {
            if (shape.IsCancellable) host.Forget(this);
        }
    }

    private void Answer(GrainHost host, Response response)
    {
        if (pending is not null) host.Answer(pending, response);
        else if (IsOneWay && response.Exception is { } failure)
            host.LogOneWayFailed(shape.InterfaceName, shape.MethodName, target, failure);
    }
}
