using OrleansTasks.Processing.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Files;

/// <summary>
/// Reads stored files for gateways; stateless. Key: <c>reader</c>. All methods throw <see cref="Storage.StoreUnavailableException"/>.
/// </summary>
[Alias("ot.IFileReaderGrain")]
public interface IFileReaderGrain : IGrainWithStringKey
{
    /// <summary>
    /// Returns those of the names that are not stored, in the given order. The others stay stored for another day.
    /// </summary>
    [Alias("Missing")]
    Task<ImmutableArray<FileName>> Missing(ImmutableArray<FileName> names);

    /// <summary>Returns the file's size; null if it is not stored.</summary>
    [Alias("Find")]
    Task<StoredFile?> Find(FileName name);

    /// <summary>
    /// Returns bytes at an offset, fewer than <paramref name="count"/> only at the end; null if the file is not stored.
    /// </summary>
    [Alias("Read")]
    Task<FileBlock?> Read(FileName name, long offset, int count);

    /// <summary>Returns a page of the stored files, each with the first ten that name it.</summary>
    [Alias("List")]
    Task<ImmutableArray<FileView>> List(FileSort sort, FilePosition? after, int limit, CancellationToken cancellation = default);

    /// <summary>
    /// Returns artifacts of the attempt that ended a task, by path, after a path if one is given; null if there is no such task.
    /// </summary>
    [Alias("Artifacts")]
    Task<TaskArtifacts?> Artifacts(TaskId task, string? after, int limit);

    /// <summary>Returns one artifact of the attempt that ended a task; null if there is none at this path.</summary>
    [Alias("FindArtifact")]
    Task<ArtifactRow?> FindArtifact(TaskId task, string path);

    /// <summary>
    /// Returns artifacts of a workflow's ended tasks, by node, item and path, after a place if one is given; null if there
    /// is no such workflow.
    /// </summary>
    [Alias("WorkflowArtifacts")]
    Task<WorkflowArtifacts?> WorkflowArtifacts(TaskId workflow, WorkflowArtifactPlace? after, int limit);

    /// <summary>Returns the artifacts of a job that has succeeded; null if there is no such job.</summary>
    [Alias("JobArtifacts")]
    Task<TaskArtifacts?> JobArtifacts(TaskId job);

    /// <summary>Returns how much is stored.</summary>
    [Alias("Space")]
    Task<FileSpace> Space();
}
