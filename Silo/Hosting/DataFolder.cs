using OrleansTasks.Folders;
using OrleansTasks.Settings;

namespace OrleansTasks.Silo.Hosting;

/// <summary>The service's data folder, locked by this process (<see cref="FolderLock"/>).</summary>
public sealed class DataFolder : IDisposable
{
    private readonly FolderLock owned;

    private DataFolder(FolderLock owned) => this.owned = owned;

    /// <summary>The absolute path of the folder.</summary>
    public string Path => owned.Path;

    /// <summary>
    /// Creates the folder if it is missing, and locks it. Throws <see cref="StartRefusedException"/> if another process
    /// has locked it, or if it cannot be written.
    /// </summary>
    public static DataFolder Take(string path)
    {
        FolderLock? owned = null;
        try
        {
            owned = FolderLock.Take(path);
            CheckOutput(System.IO.Path.Combine(owned.Path, "output"));
            return new DataFolder(owned);
        }
        catch (FolderInUseException e)
        {
            throw new StartRefusedException($"--data: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            owned?.Dispose();
            throw new StartRefusedException($"--data: the folder {path} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>
    /// Checks at the start that output can be written; otherwise the first task with much output would find out.
    /// CreateDirectory throws if the path is a file.
    /// </summary>
    private static void CheckOutput(string folder)
    {
        // ENOSPC.
        const int NoSpace = 28;
        if (!System.IO.Path.Exists(folder))
            return;
        Directory.CreateDirectory(folder);
        try
        {
            using var probe = new FileStream(System.IO.Path.Combine(folder, ".probe"), new FileStreamOptions
            {
                Mode = FileMode.Create, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose,
            });
        }
        catch (IOException full) when (full.HResult == NoSpace)
        {
            // Space may become free; readiness reports a full disk.
        }
    }

    /// <summary>Releases the lock.</summary>
    public void Dispose() => owned.Dispose();
}
