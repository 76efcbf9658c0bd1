using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace OrleansTasks.Worker.Files;

/// <summary>A small file that is there as it was written last, or not at all, and that its owner alone may read.</summary>
internal static class WholeFile
{
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Writes it, or replaces it, as a whole: who reads it, also after the process or the machine has died, finds the old text or the
    /// new one. The text is on the disk before it takes the old one's place.
    /// </summary>
    /// <param name="path">The file; beside it there is another one meanwhile, which ends in <c>.new</c>.</param>
    /// <param name="text">What it says from now on, written as UTF-8.</param>
    /// <exception cref="IOException">It cannot be written; what it said before stays.</exception>
    /// <exception cref="UnauthorizedAccessException">As well, for want of a right to.</exception>
    internal static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="Write(string, string)"/>
    /// <param name="path">The file; beside it there is another one meanwhile, which ends in <c>.new</c>.</param>
    /// <param name="content">What it holds from now on.</param>
    [SuppressMessage("Interoperability", "CA1416", Justification = "Workers run on Linux.")]
    internal static void Write(string path, ReadOnlySpan<byte> content)
    {
        var next = path + ".new";
        // One that was left behind may be readable by others.
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
    }
}
