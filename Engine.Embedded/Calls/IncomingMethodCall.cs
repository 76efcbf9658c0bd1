using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>A method's call on its way through the callee's filters.</summary>
internal sealed class IncomingMethodCall(
    EmbeddedSilo silo, object instance, Call call, Func<object, Task<object?>> invoke)
    : IncomingCall(silo, instance, call.Target)
{
    public override GrainId? SourceId => call.Source?.GrainId;

    public override string InterfaceName => call.Method.InterfaceName;

    public override string MethodName => call.Method.Info.Name;

    private protected override async Task InvokeTargetAsync() => Result = await invoke(Grain);
}
