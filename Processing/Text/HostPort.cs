using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansTasks.Processing.Text;

/// <summary>
/// A host and a port of the network, in one form only: a name in lower case without its last dot, or an address as
/// <see cref="IPAddress"/> writes it. So two texts for one host are equal, and a name is never equal to its address.
/// </summary>
public readonly record struct HostPort
{
    /// <summary>Maximum length of a host.</summary>
    public const int LongestHost = 253;

    private const int LongestLabel = 63;

    private HostPort(string host, int port) => (Host, Port) = (host, port);

    /// <summary>The name or the address, without brackets.</summary>
    public string Host { get; }

    /// <summary>The port, from 1 to 65,535.</summary>
    public int Port { get; }

    /// <summary>The address that the host is; null if it is a name.</summary>
    public IPAddress? Address => IPAddress.TryParse(Host, out var address) ? address : null;

    /// <summary>Whether the host is the name that every machine has for itself.</summary>
    public bool IsLocalhost => Host == "localhost" || Host.EndsWith(".localhost", StringComparison.Ordinal);

    /// <summary>
    /// Reads <c>HOST:PORT</c>, where an address of IPv6 is in brackets. Names are of letters, digits, hyphens and
    /// underscores; names of other alphabets have a form of these, which begins with <c>xn--</c>.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="defaultPort">The port of a text that has none; null if it must have one.</param>
    /// <returns>Null if the text is something else.</returns>
    public static HostPort? Parse(ReadOnlySpan<char> text, int? defaultPort = null)
    {
        var end = text is ['[', ..] ? text.IndexOf(']') + 1
            : text.LastIndexOf(':') is var colon and >= 0 ? colon
            : text.Length;
        var host = text[..end];
        if (PortOf(text[end..], defaultPort) is not { } port)
            return null;
        var known = host is ['[', .., ']'] ? Version6(host[1..^1]) : NameOrVersion4(host);
        return known is null ? null : new(known, port);
    }

    /// <summary>Writes the host and the port, with brackets around an address of IPv6.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}");

    private static int? PortOf(ReadOnlySpan<char> text, int? defaultPort)
    {
        if (text.IsEmpty)
            return defaultPort;
        var digits = text[1..];
        return text[0] == ':' && digits.Length is > 0 and <= 5 && !digits.ContainsAnyExceptInRange('0', '9')
            && int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) is var port
            && port is > 0 and <= ushort.MaxValue
            ? port
            : null;
    }

    private static string? Version6(ReadOnlySpan<char> text) =>
        // No zone, which names a device of one machine.
        !text.ContainsAny("%[]/") && IPAddress.TryParse(text, out var address)
            && address.AddressFamily == AddressFamily.InterNetworkV6
            ? address.ToString()
            : null;

    private static string? NameOrVersion4(ReadOnlySpan<char> text)
    {
        if (text is [.., '.'])
            text = text[..^1];
        if (text.Length is 0 or > LongestHost)
            return null;
        foreach (var range in text.Split('.'))
        {
            var label = text[range];
            if (label.Length is 0 or > LongestLabel || label[0] == '-' || label[^1] == '-')
                return null;
            foreach (var letter in label)
                if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_'))
                    return null;
        }

        var host = text.ToString().ToLowerInvariant();
        var last = host.AsSpan(host.LastIndexOf('.') + 1);
        // What ends in a number is an address, and the C library also takes 127.1, 0x7f.1 and 2130706433 for one.
        var isNumber = !last.ContainsAnyExceptInRange('0', '9')
            || (last is ['0', 'x', ..] && !last[2..].ContainsAnyExcept("0123456789abcdef"));
        return !isNumber ? host
            : IPAddress.TryParse(host, out var address) && address.ToString() == host ? host
            : null;
    }
}
