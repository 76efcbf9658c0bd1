using System.Globalization;
using System.Net;
using OrleansTasks.Listening;

namespace OrleansTasks.Settings;

/// <summary>Reads the values that several options take. Each method returns null if the text is not one.</summary>
public static class SettingValues
{
    /// <summary>Reads an address to listen on.</summary>
    public static Parsed<IPEndPoint>? Address(string text) =>
        ListenAddress.TryParse(text, out var address) ? new(address) : null;

    /// <summary>Reads the path of a folder, which need not exist, and makes it absolute.</summary>
    public static Parsed<string>? Folder(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length > 0 && !text.Contains('\0') && !File.Exists(text) ? new(Path.GetFullPath(text)) : null;
    }

    /// <summary>Reads the path of a file that this process can read, and makes it absolute.</summary>
    public static Parsed<string?>? ReadableFile(string text)
    {
        try
        {
            using var file = File.OpenRead(text);
            return new(Path.GetFullPath(text));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Reads a number of bytes, which may have a unit: <c>20GiB</c>.</summary>
    public static Parsed<long?>? Bytes(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var shift = 0;
        foreach (var (unit, bits) in ((string, int)[])[("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)])
        {
            if (text.EndsWith(unit, StringComparison.Ordinal))
                (text, shift) = (text[..^unit.Length], bits);
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= long.MaxValue >> shift
            ? new(number << shift)
            : null;
    }

    /// <summary>Reads a network, or that of a single address.</summary>
    public static Parsed<IPNetwork>? Network(string text) =>
        IPNetwork.TryParse(text, out var network) ? new(network)
        : IPAddress.TryParse(text, out var address) ? new(new IPNetwork(address, address.GetAddressBytes().Length * 8))
        : null;
}
