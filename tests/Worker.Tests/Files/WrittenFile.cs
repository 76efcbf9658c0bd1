namespace OrleansTasks.Worker.Tests.Files;

/// <summary>Waits for files that commands write.</summary>
internal static class WrittenFile
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Waits until it is there.</summary>
    public static async Task IsThere(string path)
    {
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!) { EnableRaisingEvents = true };
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(object? sender, FileSystemEventArgs? change)
        {
            if (File.Exists(path))
                seen.TrySetResult();
        }

        watcher.Created += Look;
        watcher.Changed += Look;
        watcher.Renamed += Look;
        Look(null, null);
        try
        {
            await seen.Task.WaitAsync(Limit, TimeProvider.System, Cancellation);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Not within {Limit}: {path} is there");
        }
    }

    /// <summary>
    /// Waits until it has so many lines at least, however long a busy machine takes for them, and then stands still for
    /// half a second: who notes his progress in it is held up. Returns how many there are.
    /// </summary>
    public static async Task<int> StandsStill(string path, int atLeast)
    {
        var began = TimeProvider.System.GetTimestamp();
        int before, lines = Count(path);
        do
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Limit,
                $"Not within {Limit}: {path} stands still with {atLeast} lines or more; it has {lines}");
            before = lines;
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Cancellation);
            lines = Count(path);
        }
        while (lines != before || lines < atLeast);
        return lines;
    }

    private static int Count(string path) => File.Exists(path) ? File.ReadAllLines(path).Length : 0;
}
