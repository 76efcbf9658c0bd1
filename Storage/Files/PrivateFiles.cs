namespace OrleansTasks.Storage.Files;

/// <summary>
/// Makes files and folders that only their owner may read: tasks carry secrets, and output may show them.
/// </summary>
internal static class PrivateFiles
{
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes a folder and those above it, where they are missing.</summary>
    internal static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnersFile | UnixFileMode.UserExecute);
    }

    /// <summary>Makes an empty file, unless it is there.</summary>
    internal static void Create(string path)
    {
        using var stream = OpenStream(path, FileMode.OpenOrCreate);
    }

    /// <summary>Keeps a file that is there from all but its owner.</summary>
    internal static void Protect(string path)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, OwnersFile);
    }

    /// <summary>Opens a file for reading and writing beside others.</summary>
    internal static FileStream OpenStream(string path, FileMode mode)
    {
        var options = new FileStreamOptions
        {
            Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows() && mode != FileMode.Open)
            options.UnixCreateMode = OwnersFile;
        return new FileStream(path, options);
    }
}
