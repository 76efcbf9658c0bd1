using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Files;

/// <summary>An uploaded file.</summary>
[Schema("UploadedFile"), Description("A file that was uploaded, now or before.")]
internal sealed record UploadedFileAnswer
{
    [Description("The name: sha256: and the 64 hexadecimal digits of the bytes' SHA-256.")]
    public required string File { get; init; }

    [Description("The size in bytes."), Range(0, double.PositiveInfinity)]
    public required long Bytes { get; init; }

    /// <summary>The example of the contract.</summary>
    public static UploadedFileAnswer Example => Of(ExampleFile);

    /// <summary>A file for examples.</summary>
    internal static StoredFile ExampleFile { get; } = new(Processing.Files.FileName.Of("hello\n"u8), 6);

    /// <summary>Returns the answer about a file.</summary>
    public static UploadedFileAnswer Of(StoredFile file) => new() { File = file.Name.ToString(), Bytes = file.Bytes };
}

/// <summary>A file of an uploaded archive.</summary>
[Schema("ArchivedFile"), Description("A regular file of an archive, which is stored by itself.")]
internal sealed record ArchivedFileAnswer
{
    [Description("The path in the archive.")]
    public required string Path { get; init; }

    [Description("The name of the bytes.")]
    public required string File { get; init; }

    [Description("The size in bytes."), Range(0, double.PositiveInfinity)]
    public required long Bytes { get; init; }

    [Description("Whether its owner may execute it.")]
    public required bool Executable { get; init; }

    /// <summary>The example of the contract.</summary>
    public static ArchivedFileAnswer Example => Of(new ArchivedFile("bin/hello.sh", UploadedFileAnswer.ExampleFile, true));

    /// <summary>Returns the answer about a file.</summary>
    public static ArchivedFileAnswer Of(ArchivedFile file) =>
        new() { Path = file.Path, File = file.File.Name.ToString(), Bytes = file.File.Bytes, Executable = file.IsExecutable };
}

/// <summary>Which files to look for.</summary>
[Schema("FileNames"), Description("Names of files.")]
internal sealed record FileNamesBody
{
    [Description("At most 10,000 names, each sha256: and 64 hexadecimal digits in lower case.")]
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The example of the contract.</summary>
    public static FileNamesBody Example => new() { Files = [UploadedFileAnswer.Example.File] };
}

/// <summary>Which files are not stored.</summary>
[Schema("MissingFiles"), Description("The names of files that are not stored.")]
internal sealed record MissingFilesAnswer
{
    [Description("The names, in the order of the request. The other files stay stored for at least a day.")]
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>The example of the contract.</summary>
    public static MissingFilesAnswer Example => new() { Missing = [UploadedFileAnswer.Example.File] };
}

/// <summary>Something that names a file.</summary>
[Schema("FileReference"), Description("Something that names a file.")]
internal sealed record FileReferenceAnswer
{
    [Description("What it is."), AllowedValues("task", "artifact", "schedule", "definition", "rollout", "job")]
    public required string Kind { get; init; }

    [Description("Its id, or the id of the task that has the artifact.")]
    public required string Id { get; init; }

    /// <summary>Returns the answer about a use.</summary>
    public static FileReferenceAnswer Of(FileUse use) => new()
    {
        Kind = use.Kind switch
        {
            FileUseKind.Task => "task",
            FileUseKind.Artifact => "artifact",
            FileUseKind.Schedule => "schedule",
            FileUseKind.Definition => "definition",
            FileUseKind.Rollout => "rollout",
            _ => "job",
        },
        Id = use.Id,
    };
}

/// <summary>A stored file in the list.</summary>
[Schema("StoredFile"), Description("A stored file, and what names it.")]
internal sealed record StoredFileAnswer
{
    [Description("The name: sha256: and the 64 hexadecimal digits of the bytes' SHA-256.")]
    public required string File { get; init; }

    [Description("The size in bytes."), Range(0, double.PositiveInfinity)]
    public required long Bytes { get; init; }

    [Description("When it was first uploaded.")]
    public required Timestamp CreatedAt { get; init; }

    [Description("The first ten that name it.")]
    public required IReadOnlyList<FileReferenceAnswer> ReferencedBy { get; init; }

    [Description("When it may be removed if nothing names it until then and nobody asks for it; null while something names it.")]
    public required Timestamp? ExpiresAt { get; init; }

    /// <summary>The example of the contract.</summary>
    public static StoredFileAnswer Example => Of(new FileView(
        UploadedFileAnswer.ExampleFile, 1_798_761_600_000, 1_798_761_600_000, [new FileUse(FileUseKind.Task, "019b76da-a800-7000-8000-000000000001")]));

    /// <summary>Returns the answer about a file.</summary>
    public static StoredFileAnswer Of(FileView view) => new()
    {
        File = view.File.Name.ToString(),
        Bytes = view.File.Bytes,
        CreatedAt = view.CreatedAt,
        ReferencedBy = [.. view.Uses.Select(FileReferenceAnswer.Of)],
        ExpiresAt = view.Uses.IsEmpty ? view.SeenAt + (long)ServiceLimits.FileAge.TotalMilliseconds : null,
    };
}

/// <summary>A file that a command left.</summary>
internal abstract record LeftFileAnswer
{
    [Description("The path below the task's working folder.")]
    public required string Path { get; init; }

    [Description("The name of the bytes: sha256: and the 64 hexadecimal digits of their SHA-256.")]
    public required string File { get; init; }

    [Description("The size in bytes."), Range(0, double.PositiveInfinity)]
    public required long Bytes { get; init; }

    [Description("Whether its owner could execute it.")]
    public required bool Executable { get; init; }
}

/// <summary>A page of files that commands left.</summary>
internal abstract record LeftFilesAnswer<TFile>
{
    [Description("The files of the page.")]
    public required IReadOnlyList<TFile> Items { get; init; }

    /// <summary>The cursor of the next page.</summary>
    [RefersTo("Cursor")]
    public required string? NextCursor { get; init; }

    [Description("The number of files in all."), Range(0, double.PositiveInfinity)]
    public required long Count { get; init; }

    [Description("The bytes of all files together."), Range(0, double.PositiveInfinity)]
    public required long TotalBytes { get; init; }
}

/// <summary>A file that a task left.</summary>
[Schema("Artifact"), Description("A file that a task left.")]
internal sealed record ArtifactFileAnswer : LeftFileAnswer
{
    /// <summary>The example of the contract.</summary>
    public static ArtifactFileAnswer Example => Of(new ArtifactRow("out/report.csv", UploadedFileAnswer.ExampleFile, false));

    /// <summary>Returns the answer about an artifact.</summary>
    public static ArtifactFileAnswer Of(ArtifactRow row) =>
        new() { Path = row.Path, File = row.File.Name.ToString(), Bytes = row.File.Bytes, Executable = row.IsExecutable };
}

/// <summary>A page of the files that a task or job left.</summary>
[Schema("ArtifactList"), Description("Files that a task or job left, by path.")]
internal sealed record ArtifactListAnswer : LeftFilesAnswer<ArtifactFileAnswer>
{
    /// <summary>The example of the contract.</summary>
    public static ArtifactListAnswer Example =>
        new() { Items = [ArtifactFileAnswer.Example], NextCursor = null, Count = 1, TotalBytes = 6 };
}

/// <summary>A file that a node of a workflow left.</summary>
[Schema("WorkflowArtifact"), Description("A file that a node of a workflow left.")]
internal sealed record WorkflowArtifactAnswer : LeftFileAnswer
{
    [Description("The name of the node.")]
    public required string Node { get; init; }

    [Description("The index of the item, if the node has a forEach; otherwise null."), Range(0, double.PositiveInfinity)]
    public required int? Item { get; init; }

    [Description("The task that left the file; the job, if the node runs one.")]
    public required string Task { get; init; }

    /// <summary>The example of the contract.</summary>
    public static WorkflowArtifactAnswer Example => Of(new WorkflowArtifact(
        new WorkflowArtifactPlace(1, 0, "out/report.csv"), "report", new TaskId(0x019b76daa8007000, 0x8000000000000001),
        new ArtifactRow("out/report.csv", UploadedFileAnswer.ExampleFile, false)));

    /// <summary>Returns the answer about an artifact.</summary>
    public static WorkflowArtifactAnswer Of(WorkflowArtifact artifact) => new()
    {
        Node = artifact.Node,
        Item = artifact.Place.Item < 0 ? null : artifact.Place.Item,
        Task = artifact.Task.ToString(),
        Path = artifact.Row.Path,
        File = artifact.Row.File.Name.ToString(),
        Bytes = artifact.Row.File.Bytes,
        Executable = artifact.Row.IsExecutable,
    };
}

/// <summary>A page of the files that the nodes of a workflow left.</summary>
[Schema("WorkflowArtifactList"), Description("Files that the nodes of a workflow left, by node, item and path.")]
internal sealed record WorkflowArtifactListAnswer : LeftFilesAnswer<WorkflowArtifactAnswer>
{
    [Description("The number of tasks whose files have expired. Those files are not listed, and do not count.")]
    [Range(0, double.PositiveInfinity)]
    public required int ExpiredTasks { get; init; }

    /// <summary>The example of the contract.</summary>
    public static WorkflowArtifactListAnswer Example => new()
    {
        Items = [WorkflowArtifactAnswer.Example], NextCursor = null, Count = 1, TotalBytes = 6, ExpiredTasks = 0,
    };
}
