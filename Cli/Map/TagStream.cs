using OrleansTasks.Cli.Streams;

namespace OrleansTasks.Cli.Map;

/// <summary>Writes a tag before each line (<c>--tag</c>).</summary>
/// <param name="lines">Receives the lines; stays open.</param>
/// <param name="tag">The tag.</param>
internal sealed class TagStream(Stream lines, byte[] tag) : WriteOnlyStream
{
    private bool isInLine;

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            if (!isInLine)
                lines.Write(tag);
            var end = buffer.IndexOf((byte)'\n');
            isInLine = end < 0;
            var line = isInLine ? buffer : buffer[..(end + 1)];
            lines.Write(line);
            buffer = buffer[line.Length..];
        }
    }
}
