using System.Reflection;
using OrleansTasks.Tasks;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>The owners of queues, which can only be told to retire their queue.</summary>
public class RetiringQueues : DispatchProxy
{
    private Func<string, Task<bool>> retire = null!;
    private string queue = "";

    /// <summary>Creates references to owners, which do what a test says with the name of their queue.</summary>
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
