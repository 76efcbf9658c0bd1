namespace OrleansTasks.System.Tests.Running;

/// <summary>Waits for what another process gives no signal of.</summary>
internal static class Until
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks again and again until it holds; fails with <paramref name="what"/> after the limit.</summary>
    public static async Task Holds(string what, TimeSpan limit, Func<Task<bool>> ask)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await ask())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < limit, $"Not within {limit}: {what}");
            await Task.Delay(Pause, TimeProvider.System);
        }
    }
}
