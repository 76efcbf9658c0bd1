using System.Reflection;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>
/// An <see cref="IGrainFactory"/> over scripted grains. A proxy, since the gateway uses three of the interface's many members.
/// </summary>
internal class ScriptedFactory : DispatchProxy
{
    private ScriptedGrains grains = null!;

    public static IGrainFactory Over(ScriptedGrains grains)
    {
        var factory = Create<IGrainFactory, ScriptedFactory>();
        ((ScriptedFactory)(object)factory).grains = grains;
        return factory;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => (targetMethod?.Name, args) switch
    {
        ("GetGrain", [string key, ..]) when targetMethod.IsGenericMethod => grains.Find(targetMethod.GetGenericArguments()[0], key),
        ("CreateObjectReference", [IGrainObserver observer]) => observer,
        ("DeleteObjectReference", _) => null,
        _ => throw new NotSupportedException($"{targetMethod} is not scripted."),
    };
}
