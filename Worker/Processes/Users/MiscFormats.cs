using System.Globalization;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>
/// The formats that this machine runs through an interpreter of its own choice, such as programs of another machine
/// through an emulator: binfmt_misc. Where its folder is not mounted, there are none.
/// </summary>
internal static class MiscFormats
{
    private const string Root = "/proc/sys/fs/binfmt_misc";

    /// <summary>Whether one of them takes a file.</summary>
    /// <param name="path">The file's path, whose extension may decide.</param>
    /// <param name="head">The file's beginning.</param>
    internal static bool Take(string path, ReadOnlySpan<byte> head)
    {
        try
        {
            if (!File.Exists(Root + "/status") || !File.ReadAllText(Root + "/status").StartsWith("enabled", StringComparison.Ordinal)) return false;
            foreach (var file in Directory.EnumerateFiles(Root))
                if (Path.GetFileName(file) is not ("status" or "register") && Takes(File.ReadAllText(file), path, head)) return true;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // A format was removed meanwhile, or cannot be read: the start will tell.
            return true;
        }
        return false;
    }

    /// <summary>Whether a format, as the kernel describes it, takes a file.</summary>
    internal static bool Takes(string format, string path, ReadOnlySpan<byte> head)
    {
        var lines = format.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0 || lines[0] != "enabled") return false;
        string Value(string name) => Array.Find(lines, line => line.StartsWith(name + ' ', StringComparison.Ordinal))?[(name.Length + 1)..] ?? "";
        if (Value("extension") is { Length: > 0 } extension) return path.EndsWith(extension, StringComparison.Ordinal);
        var magic = Convert.FromHexString(Value("magic"));
        var mask = Value("mask") is { Length: > 0 } given ? Convert.FromHexString(given) : null;
        if (!int.TryParse(Value("offset"), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            || magic.Length == 0 || offset + magic.Length > head.Length) return false;
        for (var i = 0; i < magic.Length; i++)
            if (((head[offset + i] ^ magic[i]) & (mask?[i] ?? 0xff)) != 0) return false;
        return true;
    }
}
