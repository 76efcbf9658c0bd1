using System.Reflection;
using OrleansTasks.Storage;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>A store of which one method can be kept waiting, fails once, or is replaced.</summary>
public class StoreGate : DispatchProxy
{
    private object inner = null!;
    private string? method;
    private string? failing;
    private int left;
    private TaskCompletionSource reached = new();
    private TaskCompletionSource opened = new();
    private TaskCompletionSource failed = new();
    private (string Method, Func<object?[], object> Answer)? other;

    /// <summary>Completes when somebody waits at the gate.</summary>
    public Task Reached => reached.Task;

    /// <summary>Completes when the call has failed that <see cref="FailAfter"/> has named last.</summary>
    public Task Failed => failed.Task;

    public static (T Store, StoreGate Gate) Before<T>(T inner)
        where T : class
    {
        var store = Create<T, StoreGate>();
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
    public void FailAfter(string name, int succeed)
    {
        failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (failing, left) = (name, succeed);
    }

    /// <summary>A method answers this from now on.</summary>
    public void Replace(string name, Func<object?[], object> answer) => other = (name, answer);

    public void Open()
    {
        method = null;
        opened.TrySetResult();
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (other is { } replaced && targetMethod!.Name == replaced.Method)
            return replaced.Answer(args!);
        if (targetMethod!.Name == failing && left-- == 0)
        {
            failing = null;
            failed.TrySetResult();
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
