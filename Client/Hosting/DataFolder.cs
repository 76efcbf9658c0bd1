using OrleansTasks.Worker.Agent;

namespace OrleansTasks.Client.Hosting;

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
        try
        {
            return new DataFolder(FolderLock.Take(path));
        }
        catch (FolderInUseException e)
        {
            throw new StartRefusedException($"--data: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"--data: the folder {path} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Gives the folder up.</summary>
    public void Dispose() => owned.Dispose();
}
