using System.Globalization;
using System.Text;

namespace OrleansTasks.Grpc.Wire;

/// <summary>The trailer <c>grpc-message</c>: UTF-8 with every byte that is not printable ASCII, and '%', percent-encoded.</summary>
internal static class StatusText
{
    private const int MostBytes = 2048;

    /// <summary>Encodes a text; a very long one is cut, since trailers have bounds.</summary>
    internal static string Encode(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var encoded = new StringBuilder(bytes.Length);
        foreach (var value in bytes.AsSpan(0, CutAt(bytes)))
            if (value is >= 0x20 and <= 0x7e and not (byte)'%')
                encoded.Append((char)value);
            else
                encoded.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
        return encoded.ToString();
    }

    /// <summary>Decodes a trailer; what is not encoded as it should be stays as it is.</summary>
    internal static string Decode(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
            return text;
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
            if (text[i] == '%' && i + 3 <= text.Length
                && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                bytes.Add(value);
                i += 2;
            }
            else
                bytes.AddRange(Encoding.UTF8.GetBytes(text, i, 1));
        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static int CutAt(byte[] bytes)
    {
        if (bytes.Length <= MostBytes)
            return bytes.Length;
        var end = MostBytes;
        while ((bytes[end] & 0xc0) == 0x80)
            end--;
        return end;
    }
}
