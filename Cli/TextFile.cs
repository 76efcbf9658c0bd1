using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Streams;

namespace OrleansTasks.Cli;

/// <summary>
/// Reads files whose text an option sends. A file and standard input are read in one way, and nothing is changed: text
/// that is not UTF-8 is refused.
/// </summary>
internal static class TextFile
{
    private const char ByteOrderMark = '\uFEFF';

    /// <summary>
    /// Returns the bytes of a file, or of standard input for <c>-</c>. Throws <see cref="UsageException"/>.
    /// </summary>
    public static byte[] Bytes(string option, string file)
    {
        try
        {
            if (file != "-")
                return File.ReadAllBytes(file);
            using var input = StandardInput.Open();
            using var all = new MemoryStream();
            input.CopyTo(all);
            return all.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"{option}: cannot read '{file}': {e.Message}");
        }
    }

    /// <summary>
    /// Returns the text of a file, or of standard input for <c>-</c>, with a byte order mark if it has one. Throws
    /// <see cref="UsageException"/>, also if it is not UTF-8.
    /// </summary>
    public static string Read(string option, string file)
    {
        var bytes = Bytes(option, file);
        return Utf8Fault.In(bytes) is { } fault
            ? throw new UsageException($"{option}: '{file}' is not UTF-8 text: {fault}.")
            : Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Returns the text of a file like <see cref="Read"/>, without a byte order mark.</summary>
    public static string ReadUnmarked(string option, string file) =>
        Read(option, file) switch
        {
            [ByteOrderMark, .. var rest] => rest,
            var text => text,
        };

    /// <summary>
    /// Returns the JSON object in a file, or in standard input for <c>-</c>. Throws <see cref="UsageException"/>.
    /// </summary>
    public static JsonObject ReadObject(string option, string file)
    {
        try
        {
            return StrictJson.Parse(ReadUnmarked(option, file)) as JsonObject
                ?? throw new UsageException($"{option}: '{file}' must contain a JSON object.");
        }
        catch (JsonException fault)
        {
            throw new UsageException($"{option}: '{file}' is not valid JSON: {fault.Message}");
        }
    }
}
