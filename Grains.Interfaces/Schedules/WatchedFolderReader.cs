using System.Text;
using OrleansTasks.Contract;
using OrleansTasks.Nodes;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Schedules;

/// <summary>Reads the field <c>files</c> of a schedule.</summary>
internal static class WatchedFolderReader
{
    private static readonly TimeSpan LongestSettled = TimeSpan.FromDays(1);
    private static readonly string[] Names = ["node", "folder", "match", "settled", "existing"];
    private static readonly string[] Choices = EnumNames.Of<ExistingFiles>();

    /// <summary>Reads the object. Returns null if it is none; other faults are added to the reader's errors.</summary>
    public static WatchedFolder? Read(ref StrictReader reader, string path)
    {
        if (!reader.IsObject(path))
            return null;
        var folder = new WatchedFolder("", "");
        var seen = default(SeenFields);
        while (reader.NextField(Names, ref seen, path, out var field))
        {
            var name = $"{path}.{Names[field]}";
            folder = Names[field] switch
            {
                "node" => folder with { Node = ReadText(ref reader, name, FaultOfNode) },
                "folder" => folder with { Folder = ReadText(ref reader, name, FaultOfFolder) },
                "match" => folder with { Match = ReadText(ref reader, name, FaultOfMatch) },
                "settled" => folder with
                {
                    Settled = (long)(reader.Duration(name, TimeSpan.Zero, LongestSettled) ?? default).TotalMilliseconds,
                },
                _ => folder with { Existing = ReadExisting(ref reader, name) },
            };
        }

        // The first two fields, node and folder, are required.
        for (var i = 0; i < 2; i++)
        {
            if (!seen.Has(i))
                reader.Errors.Add($"{path}.{Names[i]}", "is missing; give the node and the folder to watch");
        }

        return folder;
    }

    private static string ReadText(ref StrictReader reader, string path, Func<string, string?> faultOf)
    {
        if (reader.String(path) is not { } text)
            return "";
        if (faultOf(text) is { } fault)
            reader.Errors.AddRule(path, fault);
        return text;
    }

    private static string? FaultOfNode(string node) => NodeNames.IsValid(node) ? null : $"must have {NodeNames.Form}";

    private static string? FaultOfFolder(string folder) => !folder.StartsWith('/') ? "must be an absolute path"
        : folder.Contains('\0', StringComparison.Ordinal) ? "must not have a NUL character"
        : Encoding.UTF8.GetByteCount(folder) > WatchedFolder.MostFolderBytes ? $"has more than {WatchedFolder.MostFolderBytes} bytes"
        : null;

    private static string? FaultOfMatch(string match) => match.Contains('/', StringComparison.Ordinal)
        ? "must not have a slash: only the folder itself is looked at"
        : PathPattern.Parse(match, out var fault) is null ? fault : null;

    private static ExistingFiles ReadExisting(ref StrictReader reader, string path)
    {
        if (reader.String(path) is not { } name)
            return default;
        var index = Array.IndexOf(Choices, name);
        if (index < 0)
            reader.Errors.Add(path, $"is '{StrictReader.Quote(name)}'; allowed are {string.Join(", ", Choices)}");
        return (ExistingFiles)Math.Max(index, 0);
    }
}
