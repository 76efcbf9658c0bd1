using System.Diagnostics.CodeAnalysis;
using System.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Files;

/// <summary>A small file that is always complete and that only its owner may read.</summary>
internal static class WholeFile
{
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Writes or replaces the file as a whole. A reader, even after the process or the machine has crashed, finds
    /// either the old or the new content. The new content is on disk before it replaces the old, and after the call it
    /// stays, also if the machine crashes.
    /// </summary>
    /// <param name="path">
    /// The file. During the write there is another file next to it, with <c>.new</c> appended.
    /// </param>
    /// <param name="text">The new content, written as UTF-8.</param>
    /// <exception cref="IOException">The file cannot be written; its old content stays.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write the file.</exception>
    internal static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="Write(string, string)"/>
    /// <param name="path">
    /// The file. During the write there is another file next to it, with <c>.new</c> appended.
    /// </param>
    /// <param name="content">The new content.</param>
    [SuppressMessage("Interoperability", "CA1416", Justification = "Workers run on Linux.")]
    internal static void Write(string path, ReadOnlySpan<byte> content)
    {
        var next = path + ".new";
        // A file that was left behind may be readable by others.
        File.Delete(next);
        using (var file = new FileStream(next, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnersAlone,
        }))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
        SyncFolderOf(path);
    }

    /// <summary>
    /// Makes it durable that a file was created, or has replaced another one. Not every file system can do that, and
    /// those that cannot refuse it: then there is nothing more to do.
    /// </summary>
    internal static void SyncFolderOf(string path)
    {
        var folder = Libc.open(Path.GetDirectoryName(Path.GetFullPath(path))!, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
        if (folder < 0)
            return;
        _ = Libc.fsync(folder);
        _ = Libc.close(folder);
    }
}
