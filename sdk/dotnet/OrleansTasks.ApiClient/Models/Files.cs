namespace OrleansTasks.ApiClient;

/// <summary>
/// A file that a task finds in its working folder. It names one source: <see cref="File"/>, or <see cref="Task"/> and
/// <see cref="Artifacts"/>.
/// </summary>
public sealed record InputFile
{
    /// <summary>
    /// Where the file is put, below the working folder; with a slash at the end, the folder in which artifacts keep
    /// their paths.
    /// </summary>
    public string Path { get; init; } = "";

    /// <summary>The name of a stored file, from <see cref="FileCalls"/>.</summary>
    public string? File { get; init; }

    /// <summary>The id of a task whose artifacts are taken.</summary>
    public string? Task { get; init; }

    /// <summary>The pattern of the paths of the artifacts that are taken, such as <c>out/**</c>.</summary>
    public string? Artifacts { get; init; }

    /// <summary>
    /// Whether the command may execute the file. If null, an artifact keeps its executable bit, and any other file is
    /// not executable.
    /// </summary>
    public bool? Executable { get; init; }
}

/// <summary>A pattern of files that a task leaves. A string converts to a pattern that is not optional.</summary>
/// <param name="Path">The pattern of paths below the working folder, such as <c>out/**</c>.</param>
/// <param name="Optional">Whether the task may leave no such file; null for false.</param>
/// <param name="On">
/// When the files are kept: <c>succeeded</c>, or <c>ended</c> to keep those of a failed command as well; null for
/// <c>succeeded</c>.
/// </param>
public sealed record ArtifactPattern(string Path, bool? Optional = null, string? On = null)
{
    /// <summary>Returns the pattern of files that must be left.</summary>
    public static implicit operator ArtifactPattern(string path) => FromString(path);

    /// <summary>Returns the pattern of files that must be left.</summary>
    public static ArtifactPattern FromString(string path) => new(path);
}

/// <summary>A file that a task left.</summary>
/// <param name="Path">The path below the task's working folder.</param>
/// <param name="File">The name of the bytes: <c>sha256:</c> and 64 hexadecimal digits.</param>
/// <param name="Bytes">The size.</param>
/// <param name="Executable">Whether its owner could execute it.</param>
public sealed record Artifact(string Path, string File, long Bytes, bool Executable);

/// <summary>
/// A file that a node of a workflow left. <see cref="FileCalls.OpenAsync"/> opens its <see cref="File"/>.
/// </summary>
public sealed record WorkflowArtifact
{
    /// <summary>The name of the node.</summary>
    public string Node { get; init; } = "";

    /// <summary>The index of the item, if the node has a <c>forEach</c>; otherwise null.</summary>
    public int? Item { get; init; }

    /// <summary>The id of the task that left the file; that of the job, if the node runs one.</summary>
    public string Task { get; init; } = "";

    /// <summary>The path below the task's working folder.</summary>
    public string Path { get; init; } = "";

    /// <summary>The name of the bytes: <c>sha256:</c> and 64 hexadecimal digits.</summary>
    public string File { get; init; } = "";

    /// <summary>The size.</summary>
    public long Bytes { get; init; }

    /// <summary>Whether its owner could execute it.</summary>
    public bool Executable { get; init; }
}

/// <summary>A file of the service.</summary>
/// <param name="File">The name: <c>sha256:</c> and 64 hexadecimal digits.</param>
/// <param name="Bytes">The size.</param>
public sealed record StoredFile(string File, long Bytes)
{
    /// <summary>When the file was first stored.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the service may remove the file; null while something names the file.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>Names of files.</summary>
internal sealed record FileNames(IReadOnlyList<string> Files);

/// <summary>The names in a question of which no file is stored.</summary>
internal sealed record MissingFiles(IReadOnlyList<string> Missing);
