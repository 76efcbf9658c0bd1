namespace OrleansTasks.Cli.Profiles;

/// <summary>
/// Files with secrets that are replaced as a whole: a reader finds the old or the new content, even after the process or the machine has
/// crashed. Only their owner can read them.
/// </summary>
internal static class ReplacedFile
{
    private const string Ending = ".new";

    // No write takes as long, so an older file is one that a killed process has left.
    private static readonly TimeSpan LongestWrite = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Writes or replaces a file. During the write there is another one next to it: the name, the process id and <c>.new</c>. Those that
    /// killed processes left are removed, because they contain the same secrets.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written; its old content stays.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write to the folder.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        path = Path.GetFullPath(path);
        RemoveLeft(path);
        var next = $"{path}.{Environment.ProcessId}{Ending}";
        File.Delete(next);
        try
        {
            using (var file = Create(next))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(next, path, overwrite: true);
        }
        catch
        {
            File.Delete(next);
            throw;
        }
    }

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    private static void RemoveLeft(string path)
    {
        var name = Path.GetFileName(path);
        var before = (TimeProvider.System.GetUtcNow() - LongestWrite).UtcDateTime;
        foreach (var left in Directory.EnumerateFiles(Path.GetDirectoryName(path)!, $"{name}.*{Ending}"))
        {
            var number = Path.GetFileName(left).AsSpan(name.Length + 1, Path.GetFileName(left).Length - name.Length - 1 - Ending.Length);
            if (!number.IsEmpty && !number.ContainsAnyExceptInRange('0', '9') && File.GetLastWriteTimeUtc(left) < before)
                File.Delete(left);
        }
    }
}
