namespace OrleansTasks.Engine.Tests;

/// <summary>A place where a grain waits until the test lets it on.</summary>
public sealed class Gate
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Tempts whoever opens it to go on with the grain's code itself.
    private readonly TaskCompletionSource _opened = new();

    /// <summary>Done when somebody waits here.</summary>
    public Task Entered => _entered.Task.Soon();

    public void Open() => _opened.TrySetResult();

    public Task PassAsync()
    {
        _entered.TrySetResult();
        return _opened.Task;
    }
}
