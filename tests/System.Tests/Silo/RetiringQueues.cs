using System.Reflection;
using OrleansTasks.Tasks;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>Owners of queues. A test scripts their only method, <see cref="ITaskDispatcherGrain.Retire"/>.</summary>
public class RetiringQueues : DispatchProxy
{
    private Func<string, Task<bool>> retire = null!;
    private string queue = "";

    /// <summary>Creates a factory of references to owners. A call gets the name of its queue.</summary>
    public static IGrainFactory Of(Func<string, Task<bool>> retire) => Of<IGrainFactory>(retire, "");

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => (targetMethod?.Name, args) switch
    {
        (nameof(IGrainFactory.GetGrain), [string key, ..]) => Of<ITaskDispatcherGrain>(retire, key),
        (nameof(ITaskDispatcherGrain.Retire), _) => retire(queue),
        _ => throw new NotSupportedException($"{targetMethod} is not scripted."),
    };

    private static T Of<T>(Func<string, Task<bool>> retire, string queue)
        where T : class
    {
        var made = Create<T, RetiringQueues>();
        var proxy = (RetiringQueues)(object)made;
        (proxy.retire, proxy.queue) = (retire, queue);
        return made;
    }
}
