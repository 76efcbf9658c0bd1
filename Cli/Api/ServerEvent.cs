namespace OrleansTasks.Cli.Api;

/// <summary>One event of an event stream.</summary>
/// <param name="Name">Its type; <c>message</c> when it has none.</param>
/// <param name="Id">What resumes after it; null when it gave none.</param>
/// <param name="Data">Its text.</param>
internal sealed record ServerEvent(string Name, string? Id, string Data)
{
    /// <summary>Reads the events of a stream until it ends.</summary>
    public static async IAsyncEnumerable<ServerEvent> Read(
        Stream stream, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        using var reader = new StreamReader(stream);
        var (name, id, data) = ("message", (string?)null, (string?)null);
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (line.Length == 0)
            {
                if (data is not null)
                    yield return new ServerEvent(name, id, data);
                (name, id, data) = ("message", null, null);
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var field = colon < 0 ? line : line[..colon];
            var value = colon < 0 ? "" : line[(colon + 1)..];
            if (value.StartsWith(' '))
                value = value[1..];
            if (field == "event")
                name = value;
            else if (field == "id")
                id = value;
            else if (field == "data")
                data = data is null ? value : data + "\n" + value;
        }
    }
}
