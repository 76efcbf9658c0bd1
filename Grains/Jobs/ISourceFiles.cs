namespace OrleansTasks.Jobs;

/// <summary>
/// The files that jobs may read, as the silo sees them. A silo without this service refuses every job with a file source.
/// </summary>
public interface ISourceFiles
{
    /// <summary>
    /// Looks up the path that a new job's spec names: once, when the job is created. Called within a grain's turn, so it must be quick, and
    /// says what is wrong in the result instead of throwing: an exception would end the job's activation.
    /// </summary>
    SourceFile Find(string path);
}
