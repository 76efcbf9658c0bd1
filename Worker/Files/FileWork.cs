using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Worker.Agent;

namespace OrleansTasks.Worker.Files;

/// <summary>What a worker needs to give files to commands and to keep what they leave.</summary>
/// <param name="cache">The inputs that it has.</param>
/// <param name="copies">The folder in which artifacts are copied, which no task can read.</param>
internal sealed class FileWork(Task<FileCache> cache, string copies) : IDisposable
{
    /// <summary>
    /// The inputs that it has. A large cache takes some time to open, which neither a start nor a handover waits for.
    /// </summary>
    internal Task<FileCache> Cache { get; } = cache;

    /// <summary>The folder in which artifacts are copied.</summary>
    internal string Copies { get; } = copies;

    /// <summary>Begins to open the cache below a worker's data folder.</summary>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="cacheBytes">The most bytes of inputs that are not in use; null for a tenth of the disk.</param>
    /// <param name="time">The clock.</param>
    [SuppressMessage("Design", "CA1031", Justification = "Each attempt that needs the cache is told.")]
    internal static FileWork Open(string dataFolder, long? cacheBytes, TimeProvider time)
    {
        const string MachineStart = "/proc/sys/kernel/random/boot_id";
        var folder = Path.GetFullPath(dataFolder);
        var cacheFolder = Path.Combine(folder, "cache");
        var cache = new TaskCompletionSource<FileCache>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = Elsewhere.Run(() =>
        {
            try
            {
                cache.SetResult(FileCache.Open(
                    cacheFolder, cacheBytes ?? new DriveInfo(folder).TotalSize / 10, time, File.ReadAllText(MachineStart).Trim()));
            }
            catch (Exception failure)
            {
                cache.SetException(failure);
            }
        });
        return new FileWork(cache.Task, Path.Combine(cacheFolder, FileCache.NewName));
    }

    /// <summary>Removes the inputs that no attempt needs from a full disk.</summary>
    [SuppressMessage("Usage", "VSTHRD002", Justification = "It is complete.")]
    internal void MakeRoom()
    {
        if (Cache.IsCompletedSuccessfully)
            Cache.Result.MakeRoom(long.MaxValue);
    }

    /// <summary>Closes the cache, unless it is still being opened.</summary>
    [SuppressMessage("Usage", "VSTHRD002", Justification = "It is complete.")]
    public void Dispose()
    {
        if (Cache.IsCompletedSuccessfully)
            Cache.Result?.Dispose();
    }
}
