using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTasks.Cli.Profiles;

/// <summary>
/// The file with a user's profiles: <c>otask/config.json</c> below <c>XDG_CONFIG_HOME</c> or <c>~/.config</c>. Only its
/// owner may read it, because it may contain keys. A user without this file has the machine's profiles:
/// <c>otask/config.json</c> below the folders of <c>XDG_CONFIG_DIRS</c>, by default <c>/etc/xdg</c>.
/// </summary>
internal sealed class ProfileFile
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
    };

    /// <summary>The path that this file was read from; the user's if no file exists.</summary>
    private string source = Path;

    /// <summary>The name of the profile to use if none is given; null if there is none.</summary>
    public string? Current { get; init; }

    /// <summary>The profiles by name.</summary>
    public SortedDictionary<string, Profile> Profiles { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The path of the user's file.</summary>
    public static string Path => System.IO.Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } folder
            ? folder
            : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"),
        "otask", "config.json");

    /// <summary>
    /// Reads the user's file or, if it does not exist, the machine's. Returns an empty file if neither exists. Throws
    /// <see cref="UsageException"/> if a file cannot be read.
    /// </summary>
    public static ProfileFile Read()
    {
        if (ReadFrom(Path) is { } own)
            return own;
        var machine = Environment.GetEnvironmentVariable("XDG_CONFIG_DIRS") is { Length: > 0 } folders ? folders : "/etc/xdg";
        return machine.Split(':').Select(static folder => System.IO.Path.Combine(folder, "otask", "config.json"))
            .Select(ReadFrom).FirstOrDefault(static file => file is not null) ?? new ProfileFile();
    }

    /// <summary>
    /// Reads the user's file in order to change it; returns an empty file if it does not exist. Throws like
    /// <see cref="Read"/>.
    /// </summary>
    public static ProfileFile ReadOwn() => ReadFrom(Path) ?? new ProfileFile();

    /// <summary>
    /// Returns the profile with a name, or the current one; null if there is no current one. Throws
    /// <see cref="UsageException"/> if no profile has that name.
    /// </summary>
    public Profile? Find(string? name)
    {
        if ((name ?? Current) is not { } wanted)
            return null;
        return Profiles.TryGetValue(wanted, out var profile)
            ? profile
            : throw new UsageException($"There is no profile '{wanted}' in {source}; otask config list shows the profiles that exist.");
    }

    /// <summary>Replaces the user's file. Throws <see cref="IOException"/> if it cannot be written.</summary>
    public void Write()
    {
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
            ReplacedFile.Write(Path, JsonSerializer.SerializeToUtf8Bytes(this, Format));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{Path} cannot be written: {e.Message}", e);
        }
    }

    private static ProfileFile? ReadFrom(string path)
    {
        try
        {
            var file = JsonSerializer.Deserialize<ProfileFile>(File.ReadAllBytes(path), Format) ?? new ProfileFile();
            file.source = path;
            return file;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path} cannot be read: {e.Message}");
        }
    }
}
