namespace OrleansTasks.Fuzz.Tests.Workers;

/// <summary>Something that happens again and again, and can be waited for.</summary>
/// <typeparam name="T">What is told each time.</typeparam>
internal sealed class Signal<T>
    where T : class
{
    private readonly Lock gate = new();
    private TaskCompletionSource<T> next = New();

    /// <summary>What was told last; null before the first time.</summary>
    public T? Last { get; private set; }

    /// <summary>Completes the next time that something is told.</summary>
    public Task<T> Next()
    {
        lock (gate)
            return next.Task;
    }

    /// <summary>It has happened.</summary>
    public void Tell(T what)
    {
        TaskCompletionSource<T> told;
        lock (gate)
        {
            (told, next) = (next, New());
            Last = what;
        }

        told.SetResult(what);
    }

    private static TaskCompletionSource<T> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
