using System.Globalization;
using System.Text;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// A data folder that this process owns. Its file <c>lock</c> holds the owner's process id and a lock of the operating
/// system's, which ends with the process: what a killed owner leaves behind is taken over.
/// </summary>
public sealed class FolderLock : IDisposable
{
    private const string LockName = "lock";
    private readonly FileStream file;

    private FolderLock(string path, FileStream file) => (Path, this.file) = (path, file);

    /// <summary>The folder, absolute.</summary>
    public string Path { get; }

    /// <summary>Makes the folder, readable for its owner only, if it is missing, and takes it.</summary>
    /// <exception cref="FolderInUseException">Another process has it.</exception>
    /// <exception cref="IOException">It cannot be made or written.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not make or write it.</exception>
    public static FolderLock Take(string folder)
    {
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var path = System.IO.Path.GetFullPath(folder);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, own);
        // Buffered writes could fail late, on a full disk; these are a few bytes, once.
        var file = new FileStream(System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite,
            FileShare.ReadWrite, bufferSize: 0);
        try
        {
            Lock(file, path);
            WriteOwner(file);
            return new FolderLock(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Gives the folder up.</summary>
    public void Dispose() => file.Dispose();

    private static void Lock(FileStream file, string path)
    {
        try
        {
            // A record lock belongs to the process, and no child inherits it.
            if (!OperatingSystem.IsMacOS())
                file.Lock(0, 1);
        }
        catch (IOException)
        {
            throw new FolderInUseException(path, ReadOwner(file));
        }
    }

    private static string ReadOwner(FileStream file)
    {
        Span<byte> text = stackalloc byte[20];
        file.Position = 0;
        var length = file.Read(text);
        return int.TryParse(text[..length].TrimEnd("\n"u8), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? string.Create(CultureInfo.InvariantCulture, $"process {id}")
            : "another process";
    }

    private static void WriteOwner(FileStream file)
    {
        file.SetLength(0);
        file.Position = 0;
        file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
    }
}
