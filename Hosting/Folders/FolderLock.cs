using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace OrleansTasks.Folders;

/// <summary>
/// A data folder that this process owns. Its file <c>lock</c> holds the owner's process id and an operating system
/// lock. The lock ends with the process, so a folder whose owner was killed can be taken.
/// </summary>
public sealed class FolderLock : IDisposable
{
    private const string LockName = "lock";

    // A killed process has its lock until the system has taken it down, which takes a while on a busy machine.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly FileStream file;

    private FolderLock(string path, FileStream file) => (Path, this.file) = (path, file);

    /// <summary>The folder, absolute.</summary>
    public string Path { get; }

    /// <summary>Takes the folder. Creates it if it is missing, accessible only to its owner.</summary>
    /// <exception cref="FolderInUseException">Another process owns the folder.</exception>
    /// <exception cref="IOException">The folder cannot be created or written.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not create or write the folder.</exception>
    public static FolderLock Take(string folder)
    {
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var path = System.IO.Path.GetFullPath(folder);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, own);
        // Unbuffered: a buffered write could fail later, when the disk is full.
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

    /// <summary>
    /// Takes over the lock that an earlier program of this process holds. The descriptor must be the one that it was
    /// taken with: closing any descriptor of the file would release the lock.
    /// </summary>
    /// <exception cref="FolderInUseException">Another process owns the folder.</exception>
    internal static FolderLock Adopt(string folder, int descriptor)
    {
        var path = System.IO.Path.GetFullPath(folder);
        var file = new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.ReadWrite, bufferSize: 0);
        // Before Linux 5.11, a process with several threads lost its locks when its program was replaced.
        Lock(file, path);
        return new FolderLock(path, file);
    }

    /// <summary>The descriptor that holds the lock.</summary>
    internal int Descriptor => (int)file.SafeFileHandle.DangerousGetHandle();

    /// <summary>Releases the folder.</summary>
    public void Dispose() => file.Dispose();

    private static void Lock(FileStream file, string path)
    {
        var began = Stopwatch.GetTimestamp();
        while (!TryLock(file))
        {
            if (Stopwatch.GetElapsedTime(began) > Grace)
                throw new FolderInUseException(path, ReadOwner(file));
#pragma warning disable RS0030 // Nothing signals that another process has released its lock.
            Thread.Sleep(Pause);
#pragma warning restore RS0030
        }
    }

    private static bool TryLock(FileStream file)
    {
        try
        {
            // A record lock belongs to the process; child processes do not inherit it.
            if (!OperatingSystem.IsMacOS())
                file.Lock(0, 1);
            return true;
        }
        catch (IOException)
        {
            return false;
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
