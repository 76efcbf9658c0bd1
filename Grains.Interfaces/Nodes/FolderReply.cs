namespace OrleansTasks.Nodes;

/// <summary>Asks a worker which files a folder has.</summary>
/// <param name="Number">Distinguishes the questions of a session.</param>
/// <param name="Folder">The absolute path of the folder.</param>
/// <param name="Match">The pattern of the names of files.</param>
[GenerateSerializer, Immutable, Alias("ot.FolderQuestion")]
public sealed record FolderQuestion([property: Id(0)] long Number, [property: Id(1)] string Folder, [property: Id(2)] string Match);

/// <summary>The files of a folder at one moment, or why they cannot be listed.</summary>
/// <param name="Files">
/// The regular files whose names match, at most <see cref="MostFiles"/>: the first ones in ordinal order.
/// </param>
/// <param name="HasMore">Whether further files match.</param>
/// <param name="TakenAt">When the folder was read: milliseconds of a clock of the worker's that is never set.</param>
/// <param name="Fault">Why the folder cannot be listed, as a sentence; null if it was.</param>
[GenerateSerializer, Immutable, Alias("ot.FolderReply")]
public sealed record FolderReply(
    [property: Id(0)] ImmutableArray<FolderFile> Files,
    [property: Id(1)] bool HasMore,
    [property: Id(2)] long TakenAt,
    [property: Id(3)] string? Fault = null)
{
    /// <summary>Maximum number of files of one listing.</summary>
    public const int MostFiles = ServiceLimits.ListedFiles;

    /// <summary>Maximum length of <see cref="Fault"/>, in characters.</summary>
    public const int MostFault = 1_000;

    /// <summary>Returns the reply about a folder that cannot be listed.</summary>
    public static FolderReply Failed(string fault) =>
        new([], false, 0, fault.Length <= MostFault ? fault : fault[..MostFault]);
}

/// <summary>A file of a folder.</summary>
/// <param name="Name">Its name in the folder.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="ModifiedAt">When its content last changed, in Unix nanoseconds of the worker's file system.</param>
[GenerateSerializer, Immutable, Alias("ot.FolderFile")]
public readonly record struct FolderFile([property: Id(0)] string Name, [property: Id(1)] long Size, [property: Id(2)] long ModifiedAt);
