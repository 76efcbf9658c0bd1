using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace OrleansTasks.Worker.Protocol;

/// <summary>The form of a command's result: one JSON value in UTF-8, of at most 64 KiB.</summary>
public static class ResultForm
{
    /// <summary>The maximum size, in bytes.</summary>
    public const int MostBytes = 64 * 1024;

    /// <summary>The maximum number of levels of objects and arrays within each other.</summary>
    public const int MostLevels = 64;

    /// <summary>Returns what is wrong with a result, as a sentence; null if it is valid.</summary>
    public static string? FaultOf(ReadOnlySpan<byte> value)
    {
        if (value.Length > MostBytes)
            return $"The result has more than {MostBytes} bytes.";
        if (value.IsEmpty)
            return "The result is not JSON: the file is empty.";
        if (!Utf8.IsValid(value))
            return "The result is not UTF-8.";
        var reader = new Utf8JsonReader(value);
        try
        {
            while (reader.Read())
            {
            }

            return null;
        }
        catch (JsonException fault)
        {
            if (IsTooDeep(value))
                return $"The result has more than {MostLevels} levels of objects and arrays.";
            var (line, position) = ((fault.LineNumber ?? 0) + 1, (fault.BytePositionInLine ?? 0) + 1);
            return string.Create(
                CultureInfo.InvariantCulture, $"The result is not JSON: error at byte {position} of line {line}.");
        }
    }

    /// <summary>Whether a value is JSON but for its depth.</summary>
    private static bool IsTooDeep(ReadOnlySpan<byte> value)
    {
        var reader = new Utf8JsonReader(value, new JsonReaderOptions { MaxDepth = MostBytes });
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
