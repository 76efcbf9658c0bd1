using System.Reflection;
using OrleansTasks.Storage;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>A store that reads where output is at once, and answers when the test says so.</summary>
public class HeldReads : DispatchProxy
{
    private readonly Queue<TaskCompletionSource> held = new();
    private ITaskStore inner = null!;

    /// <summary>Wraps a store.</summary>
    public static ITaskStore Of(ITaskStore store)
    {
        var proxy = Create<ITaskStore, HeldReads>();
        ((HeldReads)(object)proxy).inner = store;
        return proxy;
    }

    /// <summary>Returns what lets the answer of the earliest call through that has no such signal yet.</summary>
    public static TaskCompletionSource Next(ITaskStore store) => ((HeldReads)(object)store).held.Dequeue();

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var answer = targetMethod!.Invoke(inner, args);
        return targetMethod.Name == nameof(ITaskStore.FindOutput) ? Answer((Task<StoredOutput?>)answer!) : answer;
    }

    private async Task<StoredOutput?> Answer(Task<StoredOutput?> read)
    {
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        held.Enqueue(answered);
        await answered.Task;
        return await read;
    }
}
