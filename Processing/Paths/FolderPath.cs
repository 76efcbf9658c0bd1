using System.Text;

namespace OrleansTasks.Processing.Paths;

/// <summary>
/// The path of a file below a task's working folder: relative, with <c>/</c> between its segments, and never outside the folder. Only
/// <c>/</c> and NUL mean something in it: <c>\</c>, <c>:</c> and characters that look like dots are parts of names, as for the system.
/// </summary>
public static class FolderPath
{
    /// <summary>The maximum length of a path, in bytes of UTF-8: Linux' PATH_MAX without its end.</summary>
    public const int MostBytes = 4_096;

    /// <summary>The maximum length of a segment, in bytes of UTF-8: Linux' NAME_MAX.</summary>
    public const int MostSegmentBytes = 255;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Returns what is wrong with the path of a file, as the end of a sentence about it; null if nothing is.</summary>
    public static string? FindFault(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.EndsWith('/') && path.Length > 1 ? "names a folder; a file's path has no / at its end" : FindFaultOf(path);
    }

    /// <summary>
    /// Returns what is wrong with the path of a folder, which ends with <c>/</c>, as the end of a sentence about it; null if nothing is.
    /// </summary>
    public static string? FindFolderFault(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.EndsWith('/') ? FindFaultOf(path[..^1]) : "names a file; a folder's path ends with /";
    }

    /// <summary>
    /// Returns whether one path lies below the other, so that one of them would have to be both a file and a folder. Paths that are the
    /// same do not.
    /// </summary>
    public static bool Collide(string path, string other)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(other);
        var (shorter, longer) = path.Length < other.Length ? (path, other) : (other, path);
        return longer.Length > shorter.Length && longer[shorter.Length] == '/' && longer.StartsWith(shorter, StringComparison.Ordinal);
    }

    /// <summary>Returns whether a text has no half of a surrogate pair, so that UTF-8 can write it.</summary>
    internal static bool IsUnicode(string text) => LengthOf(text) is not null;

    private static string? FindFaultOf(string path)
    {
        if (path.Length == 0)
            return "is empty";
        if (path[0] == '/')
            return "is absolute; paths begin at the working folder";
        if (path.Contains('\0', StringComparison.Ordinal))
            return "contains NUL";
        if (LengthOf(path) is not { } length)
            return "is not valid Unicode";
        if (length > MostBytes)
            return $"is {length} bytes long, more than {MostBytes}";
        foreach (var range in path.AsSpan().Split('/'))
        {
            var segment = path.AsSpan()[range];
            if (segment.IsEmpty)
                return "has an empty segment";
            if (segment is "." or "..")
                return $"has a segment {segment}";
            if (Encoding.UTF8.GetByteCount(segment) > MostSegmentBytes)
                return $"has a segment of more than {MostSegmentBytes} bytes";
        }

        return null;
    }

    // Null for half of a surrogate pair.
    private static int? LengthOf(string path)
    {
        try
        {
            return Strict.GetByteCount(path);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }
}
