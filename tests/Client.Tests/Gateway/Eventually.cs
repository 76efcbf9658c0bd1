using System.Runtime.CompilerServices;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Waits for what other threads bring about, and says what did not come.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    public static async Task True(Func<bool> condition, Action? meanwhile = null, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        using var limit = new CancellationTokenSource(Longest);
        while (!condition())
        {
            Assert.False(limit.IsCancellationRequested, $"did not come: {what}");
            meanwhile?.Invoke();
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    public static Task<T> Within<T>(Task<T> task, [CallerArgumentExpression(nameof(task))] string what = "") => Limit(task, what);

    private static async Task<T> Limit<T>(Task<T> task, string what)
    {
        try
        {
            return await task.WaitAsync(Longest);
        }
        catch (TimeoutException)
        {
            throw new Xunit.Sdk.XunitException($"did not come within {Longest.TotalSeconds} s: {what}");
        }
    }
}
