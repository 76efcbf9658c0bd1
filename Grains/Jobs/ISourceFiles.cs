namespace OrleansTasks.Jobs;

/// <summary>
/// Decides which files jobs may read, and looks them up. A job's grain calls the service when it creates a job
/// whose source is a file. The silo's implementation allows files under the folders of <c>--file-root</c>.
/// A silo that registers no implementation refuses every job with a file source.
/// </summary>
public interface ISourceFiles
{
    /// <summary>
    /// Looks up the file at a path, and returns either the file with its size and time or the reason for refusing it.
    /// Called once for each creation of a job. A stored job keeps the file in its progress,
    /// and its workers check for themselves that the file has not changed.
    /// The call runs within a grain's turn, so it must be quick; the grains of several jobs may call at the same time.
    /// It must not throw: an exception would end the activation of the job's grain, and the user would be told that
    /// nobody knows whether the job was created.
    /// </summary>
    /// <param name="path">
    /// The absolute path from the job's spec. The caller has not checked that it exists or is allowed.
    /// </param>
    SourceFile Find(string path);
}
