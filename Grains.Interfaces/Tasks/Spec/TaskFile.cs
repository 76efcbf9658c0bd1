using OrleansTasks.Processing.Files;

namespace OrleansTasks.Tasks.Spec;

/// <summary>
/// One entry of a task's <c>files</c>: what is put into the working folder before the command starts, and where. Exactly one of
/// <see cref="File"/>, <see cref="Task"/>, <see cref="Node"/> and <see cref="Url"/> says where it comes from.
/// </summary>
public sealed record TaskFile
{
    /// <summary>Maximum number of entries of a task.</summary>
    public const int Most = 10_000;

    /// <summary>Maximum length of an address, in characters.</summary>
    public const int LongestUrl = 2_048;

    /// <summary>
    /// The path below the working folder. With <c>/</c> at its end it is a folder, below which what <see cref="Artifacts"/> matches
    /// keeps its own path.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>A stored file.</summary>
    public FileName? File { get; init; }

    /// <summary>The task whose artifacts it takes.</summary>
    public TaskId? Task { get; init; }

    /// <summary>The node of the same workflow whose artifacts it takes.</summary>
    public string? Node { get; init; }

    /// <summary>The pattern of the artifacts; null unless they come from a task or a node.</summary>
    public string? Artifacts { get; init; }

    /// <summary>The address that the worker fetches it from.</summary>
    public string? Url { get; init; }

    /// <summary>The hash that what is fetched must have; null without an address.</summary>
    public FileName? Hash { get; init; }

    /// <summary>Whether its owner may execute it; null if it is as it was stored, and artifacts as they were left.</summary>
    public bool? IsExecutable { get; init; }

    /// <summary>Whether <see cref="Path"/> is a folder.</summary>
    public bool IsFolder => Path.EndsWith('/');
}
