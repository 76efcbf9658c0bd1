using System.Globalization;
using System.Text;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Worker.Processes.Forwarding;

/// <summary>
/// What a client asks of an HTTP proxy (RFC 9110 and 9112): a tunnel by CONNECT, or one request by an address that
/// begins with http://.
/// </summary>
/// <remarks>
/// The client is hostile. Each line ends with CR LF, no header is folded, and there is one body length at most, so that
/// no server reads another request than this reader. A connection carries one request.
/// </remarks>
/// <param name="Target">The host and port to connect to.</param>
/// <param name="Head">What the host gets first: the request's head in the form for servers; empty for a tunnel.</param>
/// <param name="Body">How many bytes of body follow; null for a tunnel, which has no end.</param>
internal sealed record ProxyRequest(HostPort Target, ReadOnlyMemory<byte> Head, long? Body)
{
    /// <summary>Maximum length of a request's line and headers together.</summary>
    internal const int LongestHead = 16 * 1024;

    /// <summary>What ends a head.</summary>
    internal static ReadOnlySpan<byte> HeadEnd => "\r\n\r\n"u8;

    private const string Scheme = "http://";
    private const string TokenSigns = "!#$%&'*+-.^_`|~";

    // They concern this connection only, or are replaced.
    private static readonly string[] NotForwarded =
    [
        "connection", "proxy-connection", "proxy-authorization", "keep-alive", "te", "trailer", "upgrade", "host",
    ];

    /// <summary>
    /// Reads a head, whose last bytes are <see cref="HeadEnd"/>. Returns a fault if it is not served.
    /// </summary>
    internal static ProxyRequest? Parse(ReadOnlySpan<byte> head, out ProxyFault fault)
    {
        var lines = Encoding.Latin1.GetString(head[..^HeadEnd.Length]).Split("\r\n");
        fault = new(400, "the request is not HTTP/1.1");
        if (lines[0].Split(' ') is not [var method, var target, "HTTP/1.0" or "HTTP/1.1"] || !IsToken(method)
            || target.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return null;
        if (ReadHeaders(lines.AsSpan(1)) is not { } headers)
            return null;
        if (method == "CONNECT")
        {
            fault = new(400, "CONNECT needs HOST:PORT");
            return HostPort.Parse(target) is { } host ? new(host, default, null) : null;
        }

        fault = new(400, "a proxy needs CONNECT, or a request for an address that begins with http://");
        if (!target.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var rest = target.AsSpan(Scheme.Length);
        var end = rest.IndexOfAny('/', '?', '#') is var at and >= 0 ? at : rest.Length;
        if (HostPort.Parse(rest[..end], 80) is not { } server)
            return null;
        if (BodyOf(headers, out fault) is not { } body)
            return null;
        var path = rest[end..] is ['/', ..] found ? found.ToString() : $"/{rest[end..]}";
        return new(server, HeadFor(server, $"{method} {path} {lines[0][^8..]}", headers), body);
    }

    private static List<(string Name, string Value)>? ReadHeaders(ReadOnlySpan<string> lines)
    {
        var headers = new List<(string, string)>(lines.Length);
        foreach (var line in lines)
        {
            var colon = line.IndexOf(':');
            if (colon < 1 || !IsToken(line.AsSpan(0, colon)))
                return null;
            var value = line[(colon + 1)..].Trim(' ', '\t');
            foreach (var sign in value)
                if (sign is (< ' ' and not '\t') or '\x7f')
                    return null;
            headers.Add((line[..colon].ToLowerInvariant(), value));
        }

        return headers;
    }

    private static long? BodyOf(List<(string Name, string Value)> headers, out ProxyFault fault)
    {
        fault = new(411, "a request by an address needs Content-Length for its body; use CONNECT for others");
        if (headers.Exists(static header => header.Name == "transfer-encoding"))
            return null;
        fault = new(400, "Content-Length is not one number");
        var lengths = headers.FindAll(static header => header.Name == "content-length");
        if (lengths.Count == 0)
            return 0;
        return lengths.Count == 1
            && long.TryParse(lengths[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? length
            : null;
    }

    private static byte[] HeadFor(HostPort server, string line, List<(string Name, string Value)> headers)
    {
        // Content-Length decides where the body ends, so no client can have it left out.
        var named = headers.FindAll(static header => header.Name == "connection")
            .SelectMany(static header => header.Value.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries))
            .Where(static name => name != "content-length").Concat(NotForwarded).ToHashSet(StringComparer.Ordinal);
        var text = new StringBuilder(line).Append("\r\nhost: ")
            .Append(server.Port == 80 ? server.ToString()[..^3] : server.ToString()).Append("\r\n");
        foreach (var (name, value) in headers)
            if (!named.Contains(name))
                text.Append(name).Append(": ").Append(value).Append("\r\n");
        return Encoding.Latin1.GetBytes(text.Append("connection: close\r\n\r\n").ToString());
    }

    private static bool IsToken(ReadOnlySpan<char> text)
    {
        foreach (var sign in text)
            if (!char.IsAsciiLetterOrDigit(sign) && !TokenSigns.Contains(sign))
                return false;
        return !text.IsEmpty;
    }
}

/// <summary>Why a request is not served.</summary>
/// <param name="Status">The status of HTTP.</param>
/// <param name="Message">A message for the command's output.</param>
internal readonly record struct ProxyFault(int Status, string Message);
