using System.Text.Json.Serialization;

namespace OrleansTasks.Schedules;

/// <summary>
/// The folder that a schedule watches: at each of the schedule's times the service looks at it, and each new file starts
/// one occurrence.
/// </summary>
/// <param name="Node">The node on whose machine the folder is.</param>
/// <param name="Folder">The absolute path of the folder. Folders below it are not looked at.</param>
/// <param name="Match">The pattern of the names of files, of one level.</param>
/// <param name="Settled">
/// For how many milliseconds a file's size and time must not have changed before the file counts.
/// </param>
/// <param name="Existing">What happens to files that were there before.</param>
public sealed record WatchedFolder(
    string Node, string Folder, string Match = WatchedFolder.DefaultMatch, long Settled = WatchedFolder.DefaultSettled,
    ExistingFiles Existing = ExistingFiles.Start)
{
    /// <summary>The default pattern, which all names match.</summary>
    public const string DefaultMatch = "*";

    /// <summary>The default of <see cref="Settled"/>: ten seconds.</summary>
    public const long DefaultSettled = 10_000;

    /// <summary>The maximum length of the folder's path, in bytes, so that the paths of its files fit into a path.</summary>
    public const int MostFolderBytes = 3_072;

    /// <summary>Returns the path of a file in the folder.</summary>
    public string PathOf(string name) => Folder.EndsWith('/') ? Folder + name : $"{Folder}/{name}";
}

/// <summary>What a schedule does with files that were in the folder before it first looked.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExistingFiles>))]
public enum ExistingFiles
{
    /// <summary>They start occurrences like files that come later.</summary>
    [JsonStringEnumMemberName("start")]
    Start = 0,

    /// <summary>They start nothing until they change.</summary>
    [JsonStringEnumMemberName("skip")]
    Skip = 1,
}
