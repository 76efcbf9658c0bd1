namespace OrleansTasks.System.Tests.Running;

/// <summary>Waits for what another process gives no signal of.</summary>
internal static class Until
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Asks again and again until it holds; fails with <paramref name="what"/> when it does not hold at the limit. An answer is of the
    /// moment at which it was asked for: one that a busy machine gives late tells nothing of the limit.
    /// </summary>
    /// <param name="what">What should hold.</param>
    /// <param name="limit">For how long to ask.</param>
    /// <param name="ask">Whether it holds.</param>
    /// <param name="found">What is found instead, for the message of the failure.</param>
    public static async Task Holds(string what, TimeSpan limit, Func<Task<bool>> ask, Func<string>? found = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        for (var asked = began; !await ask(); asked = TimeProvider.System.GetTimestamp())
        {
            if (TimeProvider.System.GetElapsedTime(began, asked) >= limit)
                Assert.Fail($"Not within {limit}: {what}\n{found?.Invoke()}");
            await Task.Delay(Pause, TimeProvider.System);
        }
    }
}
