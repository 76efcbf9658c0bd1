using Microsoft.Extensions.Logging;

namespace OrleansTasks.Handlers;

/// <summary>The working folder of one attempt, which exists once the handler has asked for it.</summary>
internal sealed partial class WorkingFolder(string path, ILogger logger)
{
    private readonly Lock gate = new();
    private bool exists;

    /// <summary>The folder. Creates it at the first call.</summary>
    internal string Path
    {
        get
        {
            lock (gate)
            {
                if (!exists)
                    Directory.CreateDirectory(path);
                exists = true;
                return path;
            }
        }
    }

    /// <summary>Removes the folder with everything in it.</summary>
    internal void Remove()
    {
        lock (gate)
        {
            if (exists)
                Remove(path, logger);
        }
    }

    /// <summary>Removes a folder, if it exists. Logs what cannot be removed.</summary>
    internal static void Remove(string path, ILogger logger)
    {
        try
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            FolderLeft(logger, path, failure.Message);
        }
    }

    [LoggerMessage(EventId = 3901, Level = LogLevel.Warning, Message = "The folder {Path} could not be removed: {Reason}")]
    private static partial void FolderLeft(ILogger logger, string path, string reason);
}
