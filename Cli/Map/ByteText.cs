using System.Text;
using System.Text.Unicode;

namespace OrleansTasks.Cli.Map;

/// <summary>
/// Byte text: a string with one character from U+0000 to U+00FF for each byte. The arguments of <c>otask map</c> are
/// file names and lines of any encoding, and all of their bytes must reach the command.
/// </summary>
internal static class ByteText
{
    /// <summary>Returns the byte text of bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>Returns the byte text of a text in UTF-8.</summary>
    public static string Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>Returns the bytes.</summary>
    public static byte[] BytesOf(string byteText) => Encoding.Latin1.GetBytes(byteText);

    /// <summary>Returns the text if the bytes are UTF-8; otherwise null.</summary>
    public static string? Decode(string byteText)
    {
        if (Ascii.IsValid(byteText))
            return byteText;
        var bytes = BytesOf(byteText);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;
    }
}
