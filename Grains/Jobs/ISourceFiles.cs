namespace OrleansTasks.Jobs;

/// <summary>The files that jobs may read, as the silo sees them.</summary>
public interface ISourceFiles
{
    /// <summary>Looks at a file that a job names.</summary>
    SourceFile Find(string path);
}
