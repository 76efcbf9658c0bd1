using System.Formats.Tar;
using System.Security.Cryptography;

namespace OrleansTasks.Client.Pages;

/// <summary>
/// The console's files, which the build puts next to the program as one archive. They are read when a browser first
/// requests one, and stay in memory.
/// </summary>
internal sealed class ConsolePack
{
    /// <summary>The archive's file name.</summary>
    public const string Archive = "console.tar";

    /// <summary>The name of the file that says why there is no archive.</summary>
    public const string MissingNote = "console-missing.txt";

    private const string Page = "index.html";

    private readonly Lazy<Dictionary<string, ConsoleFile>> files;

    private ConsolePack(string? missing, Func<Dictionary<string, ConsoleFile>> read)
    {
        Missing = missing;
        files = new Lazy<Dictionary<string, ConsoleFile>>(read);
    }

    /// <summary>Why there is no console, and how to get one; null if the console is installed.</summary>
    public string? Missing { get; }

    /// <summary>The page at every address of the console.</summary>
    public ConsoleFile Home => files.Value[Page];

    /// <summary>Returns a script, style or picture by its path below <c>/ui/</c>; null if it does not exist.</summary>
    public ConsoleFile? Find(string path) => path == Page ? null : files.Value.GetValueOrDefault(path);

    /// <summary>
    /// Returns the pack in a folder or, if there is none, a pack with the reason in <see cref="Missing"/>.
    /// </summary>
    public static ConsolePack In(string folder)
    {
        var archive = Path.Combine(folder, Archive);
        if (File.Exists(archive))
            return new ConsolePack(null, () => Read(archive));
        var note = Path.Combine(folder, MissingNote);
        var reason = File.Exists(note) ? File.ReadAllText(note).Trim() : "it was not built. Run dotnet build on Client with npm on the PATH.";
        return new ConsolePack(reason, static () => []);
    }

    private static Dictionary<string, ConsoleFile> Read(string archive)
    {
        var parts = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        using var stream = File.OpenRead(archive);
        using var tar = new TarReader(stream);
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            if (entry.DataStream is not { } data)
                continue;
            var bytes = new byte[data.Length];
            data.ReadExactly(bytes);
            parts[entry.Name] = bytes;
        }

        return parts.Where(part => !part.Key.EndsWith(".br", StringComparison.Ordinal) && !part.Key.EndsWith(".gz", StringComparison.Ordinal))
            .ToDictionary(
                part => part.Key,
                part => new ConsoleFile(
                    TypeOf(part.Key), part.Value, parts.GetValueOrDefault(part.Key + ".br"), parts.GetValueOrDefault(part.Key + ".gz"),
                    Convert.ToHexStringLower(SHA256.HashData(part.Value).AsSpan(0, 8))),
                StringComparer.Ordinal);
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".json" => "application/json",
        _ => "application/octet-stream",
    };
}
