using System.Text.Json.Nodes;

namespace OrleansTasks.Cli.Import;

/// <summary>What the options of <c>otask import</c> say about all that is imported.</summary>
internal sealed record ImportTerms
{
    /// <summary>What the names of definitions begin with, such as <c>web1</c> for <c>web1/backup</c>.</summary>
    public required string Prefix { get; init; }

    /// <summary>The IANA name of the time zone, unless the file names another.</summary>
    public required string Zone { get; init; }

    /// <summary>The maximum run time of each task.</summary>
    public string Timeout { get; init; } = "24h";

    /// <summary>The queue; null for the default one.</summary>
    public string? Queue { get; init; }

    /// <summary>The working folder; null for what the file says, or a fresh one.</summary>
    public string? Folder { get; init; }

    /// <summary>The labels that a node must have.</summary>
    public JsonObject? Requires { get; init; }

    /// <summary>The calendars of which one must have a time for it to count.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>The calendars whose times are left out.</summary>
    public IReadOnlyList<string> Except { get; init; } = [];

    /// <summary>Whether addresses of MAILTO become notifications.</summary>
    public bool SendsMail { get; init; }

    /// <summary>Whether the schedules are paused at first.</summary>
    public bool IsPaused { get; init; }
}
