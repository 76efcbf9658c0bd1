using System.Buffers;
using System.Globalization;
using System.Text;

namespace OrleansTasks.Cli.Map;

/// <summary>Quotes values for <c>/bin/sh</c>, which reads each of them as one word with exactly these bytes.</summary>
internal static class ShellQuoting
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("-_.+/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>
    /// Quotes a value, in the form that GNU parallel uses. A task's command is text, so <c>printf</c> makes the bytes
    /// that are not UTF-8 when the shell runs the command.
    /// </summary>
    /// <param name="value">The value as <see cref="ByteText"/>.</param>
    public static string Quote(string value)
    {
        if (value.Length == 0)
            return "''";
        if (!value.AsSpan().ContainsAnyExcept(Plain))
            return value;
        if (ByteText.Decode(value) is { } text)
            return QuoteText(text);
        var bytes = ByteText.BytesOf(value).AsSpan();
        var quoted = new StringBuilder();
        while (bytes.Length > 0)
        {
            var valid = Utf8Fault.In(bytes)?.At ?? bytes.Length;
            if (valid > 0)
                quoted.Append(QuoteText(Encoding.UTF8.GetString(bytes[..valid])));
            bytes = bytes[valid..];
            quoted.Append(MakeInvalid(ref bytes));
        }

        return quoted.ToString();
    }

    private static string QuoteText(string text)
    {
        var quoted = $"'{text.Replace("'", "'\"'\"'", StringComparison.Ordinal)}'";
        // A value with a quote at an end would leave an empty pair of quotes there.
        if (quoted.StartsWith("''", StringComparison.Ordinal))
            quoted = quoted[2..];
        return quoted.EndsWith("''", StringComparison.Ordinal) ? quoted[..^2] : quoted;
    }

    /// <summary>Takes the bytes that are not UTF-8 from the beginning.</summary>
    private static string MakeInvalid(ref Span<byte> bytes)
    {
        if (bytes.IsEmpty)
            return "";
        var octal = new StringBuilder();
        while (bytes.Length > 0 && Rune.DecodeFromUtf8(bytes, out _, out var length) != OperationStatus.Done)
        {
            foreach (var value in bytes[..length])
                octal.Append(CultureInfo.InvariantCulture, $"\\{value / 64}{value / 8 % 8}{value % 8}");
            bytes = bytes[length..];
        }

        return $"\"$(printf '{octal}')\"";
    }
}
