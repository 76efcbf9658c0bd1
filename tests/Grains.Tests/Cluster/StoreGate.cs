using System.Reflection;
using OrleansTasks.Storage;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>A store of which one method can be kept waiting, or fails once.</summary>
public class StoreGate : DispatchProxy
{
    private ITaskStore inner = null!;
    private string? method;
    private string? failing;
    private int left;
    private TaskCompletionSource reached = new();
    private TaskCompletionSource opened = new();

    /// <summary>Completes when somebody waits at the gate.</summary>
    public Task Reached => reached.Task;

    public static (ITaskStore Store, StoreGate Gate) Before(ITaskStore inner)
    {
        var store = Create<ITaskStore, StoreGate>();
        var gate = (StoreGate)(object)store;
        gate.inner = inner;
        return (store, gate);
    }

    public void Close(string name)
    {
        reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        method = name;
    }

    /// <summary>So many calls of a method succeed; the one after them fails, and changes nothing.</summary>
    public void FailAfter(string name, int succeed) => (failing, left) = (name, succeed);

    public void Open()
    {
        method = null;
        opened.TrySetResult();
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name == failing && left-- == 0)
        {
            failing = null;
            return typeof(Task).GetMethod(nameof(Task.FromException), 1, [typeof(Exception)])!
                .MakeGenericMethod(targetMethod.ReturnType.GetGenericArguments()[0]).Invoke(null, [new StoreUnavailableException()]);
        }

        if (targetMethod.Name != method)
            return targetMethod.Invoke(inner, args);
        reached.TrySetResult();
        var result = targetMethod.ReturnType.GetGenericArguments()[0];
        return typeof(StoreGate).GetMethod(nameof(Later), BindingFlags.NonPublic | BindingFlags.Instance)!
            .MakeGenericMethod(result).Invoke(this, [targetMethod, args]);
    }

    private async Task<T> Later<T>(MethodInfo target, object?[]? args)
    {
        await opened.Task;
        return await (Task<T>)target.Invoke(inner, args)!;
    }
}
