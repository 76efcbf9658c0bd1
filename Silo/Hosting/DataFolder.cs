using OrleansTasks.Settings;
using OrleansTasks.Worker.Agent;

namespace OrleansTasks.Silo.Hosting;

/// <summary>The service's data folder, which this process owns; see <see cref="FolderLock"/>.</summary>
public sealed class DataFolder : IDisposable
{
    private readonly FolderLock owned;

    private DataFolder(FolderLock owned) => this.owned = owned;

    /// <summary>The folder, absolute.</summary>
    public string Path => owned.Path;

    /// <summary>
    /// Makes the folder if it is missing and takes it. Throws <see cref="StartRefusedException"/> when another process has it or
    /// when it cannot be written.
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

    /// <summary>A folder of output that cannot be written would be found out by the first task that writes much.</summary>
    private static void CheckOutput(string folder)
    {
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
            // Room may come; readiness tells of it.
        }
    }

    /// <summary>Gives the folder up.</summary>
    public void Dispose() => owned.Dispose();
}
