using OrleansTasks.Processing.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Files;

/// <summary>A stored file: its name and its size in bytes.</summary>
[GenerateSerializer, Immutable, Alias("ot.StoredFile")]
public readonly record struct StoredFile([property: Id(0)] FileName Name, [property: Id(1)] long Bytes);

/// <summary>
/// A part of a file under way: at most <see cref="ServiceLimits.FileBlockBytes"/> bytes, which must not change before the call that
/// carries them is answered.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.FileBlock")]
public sealed record FileBlock([property: Id(0)] long Offset, [property: Id(1)] ReadOnlyMemory<byte> Bytes);

/// <summary>What became of a call about an upload. The numbers travel in messages.</summary>
public enum UploadOutcome : byte
{
    /// <summary>The bytes were taken, or the file is stored.</summary>
    Done = 0,

    /// <summary>The grain does not have what was sent before: the silo that had it has stopped. The caller starts anew.</summary>
    Lost = 1,

    /// <summary>The store has no room. Nothing of the upload is kept.</summary>
    Full = 2,

    /// <summary>The bytes have another hash than expected. Nothing is kept.</summary>
    WrongHash = 3,

    /// <summary>The bytes are no archive, or one with an entry that is not allowed. Nothing is kept.</summary>
    BadArchive = 4,
}

/// <summary>The answer to a call about an upload.</summary>
[GenerateSerializer, Immutable, Alias("ot.UploadReply")]
public sealed record UploadReply([property: Id(0)] UploadOutcome Outcome)
{
    /// <summary>The file, when it is complete, also if its hash is another one.</summary>
    [Id(1)]
    public StoredFile? File { get; init; }

    /// <summary>Whether the file was stored before this upload.</summary>
    [Id(2)]
    public bool WasThere { get; init; }

    /// <summary>The next files of an archive, in its order.</summary>
    [Id(3)]
    public ImmutableArray<ArchivedFile> Files { get; init; } = [];

    /// <summary>What is wrong with an archive, as a sentence that names the entry.</summary>
    [Id(4)]
    public string? Fault { get; init; }

    /// <summary>Whether the archive has more files.</summary>
    [Id(5)]
    public bool HasMore { get; init; }
}

/// <summary>A regular file of an archive, which is stored by itself.</summary>
[GenerateSerializer, Immutable, Alias("ot.ArchivedFile")]
public sealed record ArchivedFile(
    [property: Id(0)] string Path, [property: Id(1)] StoredFile File, [property: Id(2)] bool IsExecutable);

/// <summary>By what a list of files is sorted. The numbers travel in messages.</summary>
public enum FileSort : byte
{
    /// <summary>The oldest first.</summary>
    Age = 0,

    /// <summary>The largest first.</summary>
    Size = 1,
}

/// <summary>The last file of a page of a list: the value by which the list is sorted, and the file's name.</summary>
[GenerateSerializer, Immutable, Alias("ot.FilePosition")]
public readonly record struct FilePosition([property: Id(0)] long Key, [property: Id(1)] FileName Name);

/// <summary>What names a file. The numbers are stored.</summary>
public enum FileUseKind : byte
{
    /// <summary>A task's input; the id is the task's.</summary>
    Task = 1,

    /// <summary>An artifact of a task; the id is the task's.</summary>
    Artifact = 2,

    /// <summary>A schedule's body; the id is the schedule's.</summary>
    Schedule = 3,

    /// <summary>A definition; the id is its name.</summary>
    Definition = 4,

    /// <summary>A rollout; the id is the rollout's.</summary>
    Rollout = 5,

    /// <summary>A data job's source or results; the id is the job's.</summary>
    Job = 6,
}

/// <summary>Something that names a file, so that it stays.</summary>
[GenerateSerializer, Immutable, Alias("ot.FileUse")]
public readonly record struct FileUse([property: Id(0)] FileUseKind Kind, [property: Id(1)] string Id);

/// <summary>A stored file as lists show it. Times are Unix milliseconds.</summary>
[GenerateSerializer, Immutable, Alias("ot.FileView")]
public sealed record FileView(
    [property: Id(0)] StoredFile File, [property: Id(1)] long CreatedAt, [property: Id(2)] long SeenAt,
    [property: Id(3)] ImmutableArray<FileUse> Uses);

/// <summary>A file that an attempt left.</summary>
/// <param name="Path">Its path below the task's working folder.</param>
/// <param name="File">The bytes.</param>
/// <param name="IsExecutable">Whether its owner could execute it.</param>
[GenerateSerializer, Immutable, Alias("ot.ArtifactRow")]
public sealed record ArtifactRow([property: Id(0)] string Path, [property: Id(1)] StoredFile File, [property: Id(2)] bool IsExecutable);

/// <summary>A page of a task's artifacts.</summary>
/// <param name="Totals">
/// All artifacts, or those that the task left before they expired; null if the task has not ended, or was to leave
/// none.
/// </param>
/// <param name="Rows">The page, by path.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskArtifacts")]
public sealed record TaskArtifacts([property: Id(0)] ArtifactTotals? Totals, [property: Id(1)] ImmutableArray<ArtifactRow> Rows);

/// <summary>The place of an artifact among those of its workflow.</summary>
/// <param name="Node">The node's index.</param>
/// <param name="Item">The item's index; -1 for a node with a single task.</param>
/// <param name="Path">The artifact's path.</param>
[GenerateSerializer, Immutable, Alias("ot.WorkflowArtifactPlace")]
public readonly record struct WorkflowArtifactPlace(
    [property: Id(0)] int Node, [property: Id(1)] int Item, [property: Id(2)] string Path);

/// <summary>A file that a node of a workflow left.</summary>
/// <param name="Place">Its place in the workflow.</param>
/// <param name="Node">The node's name.</param>
/// <param name="Task">The task that left it.</param>
/// <param name="Row">The file.</param>
[GenerateSerializer, Immutable, Alias("ot.WorkflowArtifact")]
public sealed record WorkflowArtifact(
    [property: Id(0)] WorkflowArtifactPlace Place, [property: Id(1)] string Node, [property: Id(2)] TaskId Task,
    [property: Id(3)] ArtifactRow Row);

/// <summary>A page of a workflow's artifacts.</summary>
/// <param name="Count">How many there are in all; null if no ended task has to leave artifacts.</param>
/// <param name="Bytes">The bytes of all.</param>
/// <param name="Files">The page, by node, item and path.</param>
[GenerateSerializer, Immutable, Alias("ot.WorkflowArtifacts")]
public sealed record WorkflowArtifacts(
    [property: Id(0)] long? Count, [property: Id(1)] long Bytes,
    [property: Id(2)] ImmutableArray<WorkflowArtifact> Files)
{
    /// <summary>The number of tasks whose artifacts have expired. They do not count otherwise.</summary>
    [Id(3)] public int ExpiredTasks { get; init; }
}

/// <summary>How much is stored, and how much may be.</summary>
[GenerateSerializer, Immutable, Alias("ot.FileSpace")]
public readonly record struct FileSpace(
    [property: Id(0)] long Files, [property: Id(1)] long Bytes, [property: Id(2)] long? MostBytes);
