namespace OrleansTasks.Jobs;

/// <summary>
/// Decides which files jobs may read. The silo's implementation allows the folders of <c>--file-root</c>; a silo
/// without an implementation refuses all file sources.
/// </summary>
public interface ISourceFiles
{
    /// <summary>
    /// Looks up an absolute path; the file may be missing or not allowed. Called once per job creation; workers check
    /// later that the file has not changed. Must be fast, because it runs in a grain's turn, and thread-safe, because
    /// jobs call it concurrently. Must not throw: an exception ends the activation, and the user learns only that the
    /// outcome is unknown.
    /// </summary>
    SourceFile Find(string path);
}
