namespace OrleansTasks.Worker.Files;

/// <summary>What a worker needs to give files to commands and to keep what they leave.</summary>
/// <param name="cache">The inputs that it has.</param>
/// <param name="copies">The folder in which artifacts are copied, which no task can read; created if it is missing.</param>
internal sealed class FileWork(FileCache cache, string copies) : IDisposable
{
    /// <summary>The inputs that it has.</summary>
    internal FileCache Cache { get; } = cache;

    /// <summary>The folder in which artifacts are copied.</summary>
    internal string Copies { get; } = copies;

    /// <summary>Opens the cache below a worker's data folder.</summary>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="cacheBytes">The most bytes of inputs that are not in use; null for a tenth of the disk.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    internal static FileWork Open(string dataFolder, long? cacheBytes, TimeProvider time)
    {
        const string MachineStart = "/proc/sys/kernel/random/boot_id";
        var folder = Path.Combine(Path.GetFullPath(dataFolder), "cache");
        var cache = FileCache.Open(
            folder, cacheBytes ?? new DriveInfo(Path.GetFullPath(dataFolder)).TotalSize / 10, time, File.ReadAllText(MachineStart).Trim());
        return new FileWork(cache, cache.NewFolder);
    }

    /// <inheritdoc/>
    public void Dispose() => Cache.Dispose();
}
