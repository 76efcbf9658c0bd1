using Microsoft.Win32.SafeHandles;

namespace OrleansTasks.Storage.Files;

/// <summary>
/// Creates files and folders that only their owner can read, because tasks have secrets and output may show them.
/// </summary>
internal static class PrivateFiles
{
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Creates a folder and its parents where they are missing.</summary>
    internal static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnersFile | UnixFileMode.UserExecute);
    }

    internal static void Create(string path)
    {
        using var stream = OpenStream(path, FileMode.OpenOrCreate);
    }

    /// <summary>Makes an existing file accessible to its owner only.</summary>
    internal static void Protect(string path)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, OwnersFile);
    }

    /// <summary>Creates a file that must not be there, for writing.</summary>
    internal static SafeFileHandle OpenHandle(string path)
    {
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(handle, OwnersFile);
        return handle;
    }

    /// <summary>Opens a file for reading and writing, shared with other users of it.</summary>
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
