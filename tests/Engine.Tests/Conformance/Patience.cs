namespace OrleansTasks.Engine.Tests;

/// <summary>
/// The limit of waiting in tests: reached only when something is broken. A test in the simulation has no clock to wait by, and needs none:
/// when nothing can happen any more, it fails.
/// </summary>
internal static class Patience
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static bool IsSimulated => TaskScheduler.Current != TaskScheduler.Default;

    public static Task Soon(this Task task) => IsSimulated ? task : task.WaitAsync(Limit, TimeProvider.System);

    public static Task<T> Soon<T>(this Task<T> task) => IsSimulated ? task : task.WaitAsync(Limit, TimeProvider.System);
}
